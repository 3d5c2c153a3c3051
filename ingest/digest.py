"""The weekly digest: what came in, what waits, what did not arrive. Pure: facts in, mail out.

It is also the proof of life: an empty week is told as such, and the number that grows by one shows a missing digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ingest.export import Profile, organisations_sheet
from ingest.italian import ROME, date_it, instant_it
from ingest.letter import Attachment, Letter
from ingest.organisations import OrganisationRow
from ingest.readout import masked, plain
from ingest.tally import Figure, Tally, figures
from ingest.templating import render
from ingest.week import Week
from ingest.wording import LEGAL_NATURES, LETTER_STATES, ROLES, TIMELINESS, reason_it
from ingest.workbook import Sheet, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LISTED = 50  # rows of a list in the mail; the workbook has them all
_SILENCE = timedelta(hours=24)
_NEARLY_FULL = 80  # per cent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for a person."""

    entry: int
    since: datetime
    sender: str
    subject: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A letter that did not reach its recipient, or not yet."""

    letter: int
    to: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An integration request whose term ran out without a reply."""

    entry: int
    to: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """Everything a digest may say."""

    title: str  # of the notice
    week: Week
    number: int  # 1, 2, 3 … over the digests of this notice
    made_at: datetime
    themes: Mapping[str, str]  # key -> printed label
    received: int  # messages that reached the mailbox in the week
    recorded: int  # of them, those with an outcome
    outcomes: Mapping[str, int]  # outcome -> messages of the week
    arrived: tuple[OrganisationRow, ...]  # bodies entered in the week
    updated: int  # new versions in the week
    tally: Tally  # of all bodies, withdrawn ones included
    waiting: tuple[Waiting, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    register_differences: int = 0  # adherents of whom a public register says something else
    troubles: tuple[str, ...] = ()  # open conditions, in Italian
    quota: tuple[int, int] | None = None  # bytes used, bytes allowed
    password_expires: date | None = None
    reclassified: int = 0  # adhesions whose time class or role changed with the notice's terms
    last_round: datetime | None = None  # end of the last round without fault


def compose_digest(facts: DigestFacts, organisations: Sequence[OrganisationRow]) -> Letter:
    """The digest as text and HTML, with the workbook attached. The same facts and bodies give the same bytes."""
    attached = Attachment(workbook_name(facts.week), XLSX, digest_workbook(facts, organisations))
    return replace(preview_digest(facts), attachments=(attached,))


def workbook_name(week: Week) -> str:
    """The name of a digest's workbook."""
    return f"adesioni-{week}.xlsx"


def preview_digest(facts: DigestFacts) -> Letter:
    """The same without its workbook, which alone needs every body."""
    view = _view(facts)
    subject, text, html = (render("digest", name, **view) for name in ("subject.txt", "body.txt", "body.html"))
    return Letter(plain(subject, 150), _tidy(text), html)


def digest_workbook(facts: DigestFacts, organisations: Sequence[OrganisationRow]) -> bytes:
    """All `organisations`, those of the week, what waits and what was not delivered, as sheets."""
    waiting = tuple(
        (one.entry, _day(one.since), one.sender, plain(one.subject), " ".join(map(reason_it, one.reasons)))
        for one in facts.waiting
    )
    letters = tuple((one.letter, one.to, _state(one.state), _day(one.since)) for one in facts.undelivered)
    return workbook(
        (
            organisations_sheet(organisations, Profile.INTERNAL, facts.themes),
            organisations_sheet(facts.arrived, Profile.INTERNAL, facts.themes, "Nuovi della settimana"),
            Sheet("Da esaminare", ("N.", "Arrivo", "Mittente", "Oggetto", "Motivo"), waiting),
            Sheet("Lettere non consegnate", ("N.", "Destinatario", "Stato", "Dal"), letters),
        ),
        facts.made_at,
    )


def _view(facts: DigestFacts) -> dict[str, object]:
    standing = facts.tally.standing
    return {
        "title": plain(facts.title, 250),
        "week": str(facts.week),
        "days": facts.week.in_words(),
        "number": facts.number,
        "made_at": instant_it(facts.made_at),
        "received": facts.received,
        "recorded": facts.recorded,
        "arrived": [_line(row, facts.themes) for row in facts.arrived[:_LISTED]],
        "arrived_count": len(facts.arrived),
        "updated": facts.updated,
        "total": standing.total,
        "withdrawn": facts.tally.of("withdrawn"),
        "late": standing.total - standing.by("timeliness")["on-time"],
        "charts": _charts(standing, facts.themes),
        "waiting": [_waits(one) for one in facts.waiting[:_LISTED]],
        "waiting_count": len(facts.waiting),
        "undelivered": [
            {"to": plain(one.to, 254), "state": _state(one.state), "since": _day(one.since)}
            for one in facts.undelivered[:_LISTED]
        ],
        "undelivered_count": len(facts.undelivered),
        "unanswered": [
            {"entry": one.entry, "to": plain(one.to, 254), "due": _day(one.due_at)}
            for one in facts.unanswered[:_LISTED]
        ],
        "unanswered_count": len(facts.unanswered),
        "register_differences": facts.register_differences,
        "outcomes": facts.outcomes,
        "empty": not (facts.received or facts.arrived or facts.updated),
        "troubles": [plain(trouble) for trouble in facts.troubles],
        "warnings": _warnings(facts),
    }


def _charts(standing: Tally, themes: Mapping[str, str]) -> list[tuple[str, tuple[Figure, ...]]]:
    roles = {str(word): text for word, text in ROLES.items()}
    times = {str(word): text for word, text in TIMELINESS.items()}
    return [
        ("Per natura giuridica", figures(standing.by("legal_nature"), LEGAL_NATURES)),
        ("Per Comune", figures(standing.by("municipality"), {})),
        ("Per tematica", figures(standing.by("themes"), themes)),
        ("Per ruolo", figures(standing.by("role"), roles)),
        ("Per termine", figures(standing.by("timeliness"), times)),
    ]


def _line(row: OrganisationRow, themes: Mapping[str, str]) -> dict[str, str]:
    return {
        "name": masked(plain(row.name, 160)),
        "municipality": plain(row.municipality or "Comune non indicato", 80),
        "themes": plain(", ".join(themes.get(theme, theme) for theme in row.themes) or "nessuna tematica", 160),
        "role": plain(next((text for word, text in ROLES.items() if word == row.role), row.role), 40),
        "accepted": _day(row.first_accepted_at) if row.first_accepted_at else "",
    }


def _waits(one: Waiting) -> dict[str, str]:
    return {
        "entry": str(one.entry),
        "since": _day(one.since),
        "sender": plain(one.sender, 254),
        "subject": masked(plain(one.subject, 120)),
        "why": " ".join(reason_it(reason) for reason in one.reasons[:4]),
    }


def _warnings(facts: DigestFacts) -> list[str]:
    """What the office should do something about, most urgent first."""
    said = []
    if facts.received != facts.recorded:
        said.append(f"Messaggi ricevuti e non ancora esaminati: {facts.received - facts.recorded}.")
    if facts.last_round is None:
        said.append("Non risulta nessun controllo della casella concluso regolarmente.")
    elif facts.made_at - facts.last_round > _SILENCE:
        said.append(f"L'ultimo controllo regolare della casella risale al {instant_it(facts.last_round)}.")
    if (
        facts.quota is not None
        and facts.quota[1] > 0
        and (used := 100 * facts.quota[0] // facts.quota[1]) >= _NEARLY_FULL
    ):
        said.append(f"La casella è piena al {used}%: oltre il limite i messaggi vengono respinti dal gestore.")
    if facts.password_expires is not None:
        days = (facts.password_expires - facts.made_at.astimezone(ROME).date()).days
        when = f"scade il {date_it(facts.password_expires)}" if days >= 0 else "risulta scaduta"
        if days <= 30:
            said.append(f"La password della casella {when}: va aggiornata.")
    if facts.reclassified:
        said.append(
            "I termini dell'avviso sono cambiati: adesioni con un'altra classe o un altro ruolo: "
            f"{facts.reclassified}. Le lettere già inviate non sono state ripetute."
        )
    return said


def _day(at: datetime) -> str:
    return f"{at.astimezone(ROME):%d/%m/%Y %H:%M}"


def _state(word: str) -> str:
    return LETTER_STATES.get(word, word)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept).strip() + "\n"
