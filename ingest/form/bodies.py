"""Bodies' names: what a name suggests about the legal nature, and the key under which two spellings meet."""


def legal_nature_in(name: str) -> str | None:
    """The legal nature that a body's name gives away, as a suggestion; None when it does not, or gives two."""
    del name
    return None
