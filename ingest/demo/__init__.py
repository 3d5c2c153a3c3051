"""A certified provider to try everything with: throw-away authority, sample messages, IMAP and SMTP that answer."""
