"""From a message to its documents: unpacked, recognised, classified, with their signatures (core)."""
