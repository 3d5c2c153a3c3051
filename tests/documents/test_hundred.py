"""A hundred hostile or broken documents: each ends within its limits, and none is taken for read without a word."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ingest.judge import judge_document
from ingest.rules import Arrival, Context, Limits, Notice
from ingest.sandbox import Sandbox
from ingest.vocabulary import Role
from tests.documents.hostile import BUILDS

LIMITS = Limits(seconds=3.0, memory=700_000_000)
SLACK = 30.0  # seconds: a worker's start on a busy machine
CONTEXT = Context(Notice("n", "t", datetime(2021, 7, 29, tzinfo=UTC)), limits=LIMITS)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(judge_document, LIMITS) as started:
        yield started


def test_there_are_a_hundred():
    assert len(BUILDS) >= 100


@pytest.mark.parametrize("name", sorted(BUILDS))
def test_a_hostile_document_ends_within_its_limits_with_a_reason_or_harmlessly(name, sandbox, tmp_path):
    path = tmp_path / name.partition("/")[2]
    path.write_bytes(BUILDS[name]())
    begun = time.monotonic()

    verdict = sandbox.judge(path, CONTEXT, Arrival(now=datetime(2021, 7, 1, tzinfo=UTC)))

    assert time.monotonic() - begun < 1.5 * LIMITS.seconds + SLACK
    assert verdict.documents or verdict.reasons
    for document in verdict.documents:
        assert document.role is not Role.UNREADABLE or document.reasons
        assert "/" not in document.name
    assert all(adhesion.fields for adhesion in verdict.adhesions)
