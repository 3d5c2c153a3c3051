"""Letters of the office to many adherents: written, looked at, confirmed once, sent, followed per recipient."""
