"""From raw bytes to the certified facts of a message (core)."""
