"""The later life of a notice is shown on both databases, as the register is."""

from tests.register.conftest import db, migrated_file, migrated_template

__all__ = ["db", "migrated_file", "migrated_template"]
