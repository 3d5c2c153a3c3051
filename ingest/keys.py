"""The configuration's keys: one class a section, one line of type and default a key.

What each key means stands in config.example.toml, which a test holds against this page.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from ingest.beside import Beside
from ingest.entrance import ConsoleSettings, OidcSettings
from ingest.quantities import Mailboxes, OptionalDate, OptionalPath, Size, Span, first_second, last_second
from ingest.rules import Context, Limits, Notice
from ingest.vocabulary import ParticipationRole


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MailboxSettings(_Section):
    """[mailbox]: an IMAP account, or a maildir."""

    maildir: OptionalPath = None
    host: str = ""
    port: int = Field(993, ge=1, le=65535)
    username: str = ""
    address: str = ""
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"
    after: Literal["keep", "move"] = "keep"
    moved_to: str = "Elaborati"
    review_folder: str = "Da verificare"
    poll_every: Annotated[Span, Field(ge=timedelta(seconds=1))] = timedelta(minutes=2)
    idle: bool = True
    ca_file: OptionalPath = None
    password_set_on: OptionalDate = None
    password_valid_days: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.host and self.maildir is None:
            raise ValueError("set host, port and username, or maildir")
        if not self.own_address:
            raise ValueError("set address: it cannot be taken from username, which is not an e-mail address")
        return self

    @property
    def own_address(self) -> str:
        """Our certified address, lower case."""
        chosen = self.address or self.username
        return chosen.lower() if "@" in chosen else ""

    @property
    def account(self) -> str:
        """The name under which the ledger knows this mailbox."""
        return f"{self.username}@{self.host}:{self.port}" if self.maildir is None else f"maildir:{self.maildir}"


class SmtpSettings(_Section):
    """[smtp]: the provider's submission server."""

    host: str = ""
    port: int = Field(465, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: OptionalPath = None

    @model_validator(mode="after")
    def _no_clear_text_abroad(self) -> Self:
        if self.security == "none" and self.host and not is_loopback(self.host):
            raise ValueError('security = "none" is allowed only towards this machine')
        return self


class AlertSettings(SmtpSettings):
    """[alerts]: ordinary mail for digest and alarms."""

    sender: str = ""
    to: Mailboxes = ()


class PecSettings(_Section):
    """[pec]: whose signatures are believed."""

    trust_anchors: tuple[str, ...] = ("agid-ca1",)


class DatabaseSettings(_Section):
    """[database]."""

    url: SecretStr = SecretStr("sqlite:///data/pec-ingest.db")

    @model_validator(mode="after")
    def _known_database(self) -> Self:
        if not self.url.get_secret_value().startswith(("sqlite://", "postgresql+psycopg://")):
            raise ValueError("url begins with sqlite:/// or postgresql+psycopg://")
        return self


class StorageSettings(_Section):
    """[storage]."""

    path: Path = Path("data/originals")


class NoticeSettings(_Section):
    """[notice]: the public notice, as data."""

    id: str = Field(min_length=1)
    title: str = ""
    deadline: Annotated[datetime, BeforeValidator(last_second)]
    works_start: Annotated[datetime | None, BeforeValidator(last_second)] = None
    opens: Annotated[datetime | None, BeforeValidator(first_second)] = None
    closes: Annotated[datetime | None, BeforeValidator(last_second)] = None
    clock: Literal["acceptance", "delivery"] = "acceptance"
    late_role: ParticipationRole = ParticipationRole.TO_CONFIRM
    themes: dict[str, str] = Field(default_factory=dict)
    municipalities: tuple[str, ...] = ()
    own_values: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _aware(self) -> Self:
        for key in ("deadline", "works_start", "opens", "closes"):
            at = getattr(self, key)
            if at is not None and at.tzinfo is None:
                raise ValueError(f"{key} needs its offset, e.g. 2021-07-29T23:59:59+02:00")
        return self

    def rules(self) -> Notice:
        """The notice as the core knows it."""
        return Notice(**self.model_dump())


class AnswerSettings(_Section):
    """[answers]: letters to applicants."""

    enabled: bool = True
    to_ordinary_mail: bool = False
    receipt_type: Literal["completa", "breve", "sintetica"] = "completa"
    daily_limit: int = Field(200, ge=0)
    per_address_limit: int = Field(3, ge=0)
    integration_days: int = Field(10, ge=1)
    reminder: bool = False
    reminder_days: int = Field(5, ge=1)


class ConvocationSettings(_Section):
    """[convocations]: letters to many, within [answers] daily_limit and per_address_limit."""

    per_hour: int = Field(100, ge=1)
    reserve: int = Field(50, ge=0)


class ProtocolSettings(_Section):
    """[protocol]: who registers; all but register_code is needed only for the segnatura."""

    administration: str = ""
    name: str = ""
    fiscal_code: str = Field("", pattern=r"^([0-9]{11})?$")
    aoo: str = ""
    register_code: str = Field("", pattern=r"^[A-Za-z0-9_.-]{0,16}$")
    classification: str = ""
    file_code: str = ""
    file_name: str = ""


class DigestSettings(_Section):
    """[digest]."""

    schedule: str = Field("mon 08:00", pattern=r"^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d$")
    timezone: str = "Europe/Rome"
    to: Mailboxes = ()

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("timezone is not a known zone such as Europe/Rome") from error
        return self


class LimitSettings(_Section):
    """[limits]: per message."""

    message_bytes: Size = 100_000_000
    unpacked_bytes: Size = 300_000_000
    nesting: int = Field(6, ge=1)
    parts: int = Field(500, ge=1)
    pages: int = Field(200, ge=1)
    seconds: float = Field(120, gt=0)
    memory: Size = 2_000_000_000


class OcrSettings(_Section):
    """[ocr]."""

    language: str = "ita"


class JudgeSettings(_Section):
    """[judge]: by whom and how many at a time messages are judged."""

    workers: int = Field(0, ge=0)
    by: Literal["daemon", "workers"] = "daemon"


class RetentionSettings(_Section):
    """[retention]: how long what is derived is kept; 0 and "" keep it for good."""

    sessions: Span = timedelta(days=30)
    service_traces: Span = timedelta(days=365)
    readings_until: OptionalDate = None


class Settings(_Section):
    """The whole configuration of one deployment: a mailbox with a notice that arrives at it."""

    mailbox: MailboxSettings
    smtp: SmtpSettings = SmtpSettings()
    alerts: AlertSettings = AlertSettings()
    pec: PecSettings = PecSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    notice: NoticeSettings
    answers: AnswerSettings = AnswerSettings()
    convocations: ConvocationSettings = ConvocationSettings()
    protocol: ProtocolSettings = ProtocolSettings()
    digest: DigestSettings = DigestSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()
    limits: LimitSettings = LimitSettings()
    judge: JudgeSettings = JudgeSettings()
    retention: RetentionSettings = RetentionSettings()
    ocr: OcrSettings = OcrSettings()
    _beside: Beside = PrivateAttr(default_factory=Beside)

    @property
    def beside(self) -> Beside:
        """What else this installation serves."""
        return self._beside

    def placed(self, beside: Beside) -> "Settings":
        """The same beside other deployments."""
        copy = self.model_copy()
        copy._beside = beside  # noqa: SLF001 - our own copy
        return copy

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """Every certified address of the installation, ours first."""
        return (self.mailbox.own_address, *self.beside.addresses)

    def context(self) -> Context:
        """What the core needs of all this. Reads the trust anchors from disk."""
        notice, own = self.notice.rules(), self.mailbox.own_address
        return Context(
            notice=replace(notice, own_values=tuple(dict.fromkeys((*notice.own_values, own)))),
            limits=Limits(**self.limits.model_dump()),
            addresses=self.own_addresses,
            trust_anchors=tuple(trust_anchor(name) for name in self.pec.trust_anchors),
            ocr_language=self.ocr.language,
        )


def is_loopback(host: str) -> bool:
    """True when the host is this machine by name or address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def trust_anchor(name: str) -> bytes:
    """The PEM bytes of a built-in pin ("agid-ca1") or of a file. Raises OSError when it cannot be read."""
    if name == "agid-ca1":
        return files("ingest.data").joinpath("agid-ca1.pem").read_bytes()
    return Path(name).read_bytes()
