"""pec-ingest: from the certified mailbox to the register, the letter, the log and the digest."""

__version__ = "0.1.0"
