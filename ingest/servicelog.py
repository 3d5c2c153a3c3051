"""The service log: one JSON object a line on standard error, ids and hashes only, nothing of a message's content."""

import logging
import sys

import structlog

_LIBRARIES = ("apscheduler", "pyhanko", "pyhanko_certvalidator", "pdfminer", "sqlalchemy", "alembic", "mailparser")


def configure(level: int = logging.INFO) -> None:
    """Sets up the log. Libraries speak only when something is wrong: some of them print what they read."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever it is when something is said
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
