"""Builders of organisations and digest facts. Every body is invented."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ingest.digest import DigestFacts, Undelivered, Waiting
from ingest.organisations import OrganisationRow
from ingest.tally import tally_of
from ingest.week import Week

MADE = datetime(2021, 7, 26, 6, 0, tzinfo=UTC)
THEMES = {"abitare": "la tematica dell'abitare", "occupazione": "la tematica dell'occupazione", "altro": "altro"}


def an_organisation(number: int = 1, **changes: Any) -> OrganisationRow:
    row = OrganisationRow(
        id=number,
        name=f"Associazione Aurora {number}",
        fiscal_code="99900010150",
        vat_number=None,
        legal_nature="odv",
        municipality="Gessate",
        emails=(f"info{number}@aurora.example.org",),
        pec=f"aurora{number}@pec.example.org",
        phones=("+39029500000",),
        themes=("abitare",),
        role="operative",
        timeliness="on-time",
        first_accepted_at=datetime(2021, 7, 20, 8, 15, tzinfo=UTC),
        versions=1,
        status="active",
    )
    return replace(row, **changes)


def some_organisations() -> tuple[OrganisationRow, ...]:
    late = {"timeliness": "late-before-start", "role": "to-confirm"}
    return (
        an_organisation(1),
        an_organisation(2, legal_nature="aps", municipality="Bussero", themes=("abitare", "occupazione")),
        an_organisation(3, legal_nature="social_cooperative", municipality=None, themes=()),
        an_organisation(4, **late),
        an_organisation(5, status="withdrawn"),
    )


def digest_facts(**changes: Any) -> DigestFacts:
    rows = some_organisations()
    facts = DigestFacts(
        title="Co-programmazione del Piano sociale di zona 2021-2023",
        week=Week(2021, 29),
        number=3,
        made_at=MADE,
        themes=THEMES,
        received=7,
        recorded=7,
        outcomes={"recorded": 3, "review": 1, "receipt": 2, "noted": 1},
        arrived=rows[:3],
        updated=1,
        tally=tally_of(rows),
        waiting=(
            Waiting(12, datetime(2021, 7, 22, 9, 30, tzinfo=UTC), "studio@pec.example.com", "Adesione", ("no-form",)),
        ),
        undelivered=(Undelivered(4, "piena@pec.example.org", "failed", datetime(2021, 7, 23, 7, 0, tzinfo=UTC)),),
        quota=(100, 1000),
        password_expires=date(2021, 12, 31),
        last_round=datetime(2021, 7, 26, 5, 58, tzinfo=UTC),
    )
    return replace(facts, **changes)


def an_empty_week(**changes: Any) -> DigestFacts:
    facts = digest_facts(
        received=0, recorded=0, outcomes={}, arrived=(), updated=0, tally=tally_of(()), waiting=(), undelivered=()
    )
    return replace(facts, **changes)
