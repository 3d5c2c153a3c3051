"""Others who say who is there: a proxy believed from its own address alone, a provider whose word is verified."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from ingest.config import ConfigError, example_settings
from ingest.console.sessions import COOKIE, IDLE
from ingest.users import disable_user
from models import Audit, User
from tests.console.filled import Clock, the_service, the_settings
from tests.console.office import Office, Visitor, words
from tests.console.provider import CLIENT, SECRET, STRANGERS, Provider, running_provider

PROXY = ("10.0.0.5", 4711)
BEHIND = {"trusted_proxies": ["10.0.0.0/29"], "user_header": "X-Remote-User"}
ROLES = {"role_header": "X-Remote-Groups", "roles": {"ufficio": "clerk", "capi": "admin"}}


def office_with(office: Office, tmp_path: Path, **sections: dict[str, Any]) -> Office:
    """The filled office under another configuration."""
    (tmp_path / "settings").mkdir()
    settings = the_settings(tmp_path / "settings", **sections)
    settings = settings.model_copy(update={"storage": office.service.settings.storage})
    return Office(replace(office.service, settings=settings), office.clock)


def behind(office: Office, peer: tuple[str, int] = PROXY, **headers: str) -> Visitor:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return office.visitor(client=peer, headers=named)


def roles(office: Office) -> dict[str, str]:
    with office.service.db.reading() as session:
        return {user.name: user.role for user in session.scalars(select(User))}


def test_whom_the_trusted_proxy_names_is_there_with_the_role_of_the_console(office: Office, tmp_path: Path):
    carlo = behind(office_with(office, tmp_path, console=BEHIND), X_Remote_User="Carlo")
    assert "carlo" in words(carlo.get("/"))
    assert carlo.get("/utenti").status_code == 403
    assert carlo.post("/lettere/3/invia").status_code == 303  # the mark of the form belongs to this session


def test_the_header_from_any_other_address_counts_for_nothing(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console=BEHIND)
    for peer in ("10.0.0.8", "127.0.0.1", "::1", "192.0.2.1", "testclient", "10.0.0.5.evil.example"):
        answer = behind(house, (peer, 1), X_Remote_User="anna", X_Forwarded_For="10.0.0.5").get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/accesso"), peer
    assert behind(house, ("::ffff:10.0.0.5", 1), X_Remote_User="anna").get("/").status_code == 200


def test_without_the_configuration_the_header_counts_for_nothing(office: Office):
    assert behind(office, X_Remote_User="anna").get("/").status_code == 303


@pytest.mark.parametrize("names", [("anna", "carlo"), ("",), ("  ",), ("a" * 201,), ("an\u00a0na",)])
def test_a_header_that_comes_twice_or_without_a_name_names_nobody(
    office: Office, tmp_path: Path, names: tuple[str, ...]
):
    house = office_with(office, tmp_path, console=BEHIND)
    client = house.visitor(client=PROXY).client
    headers = [(b"X-Remote-User", name.encode("latin-1")) for name in names]
    assert client.get("/", headers=headers).status_code == 303


def test_a_session_the_proxy_vouched_for_ends_where_the_proxy_is_not(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console=BEHIND)
    carlo = behind(house, X_Remote_User="carlo")
    token = carlo.get("/").cookies[COOKIE]
    for peer, name in ((("192.0.2.1", 1), "carlo"), (PROXY, "")):
        thief = house.visitor(client=peer, headers={"X-Remote-User": name})
        thief.client.cookies.set(COOKIE, token)
        assert thief.get("/").status_code == 303
    other = behind(house, X_Remote_User="lea")
    other.client.cookies.set(COOKIE, token)
    assert other.get("/").cookies[COOKIE] != token  # another person at the same browser: another session


def test_the_words_of_the_proxy_give_and_take_the_role(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console={**BEHIND, **ROLES})
    assert behind(house, X_Remote_User="nuova", X_Remote_Groups="tutti, capi,ufficio").get("/utenti").status_code == 200
    assert roles(house)["nuova"] == "admin"
    gone = behind(house, X_Remote_User="anna", X_Remote_Groups="tutti").get("/")
    assert gone.status_code == 403
    assert "Accesso non abilitato" in gone.text
    kept = behind(house, X_Remote_User="nuova", X_Remote_Groups="capi")
    kept.get("/")
    kept.client.headers["X-Remote-Groups"] = "ufficio"  # in the middle of a session
    assert kept.get("/utenti").status_code == 403
    assert roles(house)["nuova"] == "clerk"


def test_who_is_unknown_or_was_closed_stays_outside(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console=BEHIND)
    disable_user(house.service.db, "carlo", house.clock())
    for name in ("carlo", "mai-visto"):
        assert behind(house, X_Remote_User=name).get("/").status_code == 403
    assert "mai-visto" not in roles(house)


def test_an_edit_outlives_a_session_that_the_proxy_renews(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console=BEHIND)
    carlo = behind(house, X_Remote_User="carlo")
    mark = carlo.csrf()
    house.clock.advance(seconds=IDLE.total_seconds() + 60)
    sent = {"csrf": mark, "perche": "un testo lungo"}
    answer = carlo.client.post("/adesioni/9", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert "Riprendi da dove eri rimasto" in answer.text
    assert 'value="un testo lungo"' in answer.text
    elsewhere = carlo.client.post("/adesioni/9", data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


def test_a_trusted_proxy_tells_the_scheme_and_the_address_others_do_not(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console={"trusted_proxies": ["10.0.0.5"]})
    for peer, secure in ((PROXY, True), (("192.0.2.1", 1), False)):
        found = behind(house, peer, X_Forwarded_Proto="https", X_Forwarded_For="198.51.100.7, 10.0.0.5").get("/accesso")
        assert ("strict-transport-security" in found.headers) is secure
        assert ("Secure" in found.headers["set-cookie"]) is secure


@pytest.mark.parametrize(
    "keys",
    [{"user_header": "X-Remote-User"}, {"trusted_proxies": ["proxy.example"]}, {"roles": {"x": "owner"}}],
    ids=["header without proxy", "a name for an address", "no such role"],
)
def test_a_configuration_that_would_believe_anybody_is_refused(keys: dict[str, Any]):
    with pytest.raises(ConfigError):
        example_settings(console=keys)


def test_an_account_without_a_password_is_opened_by_none(office: Office, tmp_path: Path):
    house = office_with(office, tmp_path, console={**BEHIND, "default_role": "reader"})
    behind(house, X_Remote_User="ospite").get("/")
    for password in ("", "\0", "ospite"):
        assert house.visitor().log_in("ospite", password).status_code == 401


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider(Clock().now.timestamp()) as running:
        yield running


@pytest.fixture
def house(office: Office, provider: Provider, tmp_path: Path) -> Office:
    oidc = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "public_url": "http://localhost"}
    return office_with(office, tmp_path, oidc=oidc, console={"roles": {"ufficio": "clerk", "capi": "admin"}})


def through(house: Office, provider: Provider, back: str = "", **changes: str) -> tuple[Visitor, Response]:
    """A browser that goes to the provider and comes back, with some of what it brings changed."""
    visitor = house.visitor()
    gone = visitor.get("/accesso/oidc", params={"poi": back})
    brought = {**provider.log_in(gone.headers["location"]), **changes}
    return visitor, visitor.get("/accesso/oidc/ritorno", params=brought)


def test_the_login_page_leads_to_the_provider_and_back_to_where_one_was(house: Office, provider: Provider):
    assert "/accesso/oidc" in house.visitor().get("/accesso").text
    visitor, answer = through(house, provider, back="/registro?esame=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/registro?esame=1")
    assert "bianca" in words(visitor.get("/"))
    assert visitor.get("/adesioni/9").status_code == 200
    assert visitor.get("/utenti").status_code == 403
    with house.service.db.reading() as session:
        said = session.scalars(select(Audit).where(Audit.what == "login", Audit.who == "bianca")).one()
    assert said.new == {"by": "oidc"}


def test_it_sends_nobody_elsewhere_after_the_login(house: Office, provider: Provider):
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert through(house, provider, back=back)[1].headers["location"] == "/"


def test_a_code_serves_one_browser_once(house: Office, provider: Provider):
    visitor = house.visitor()
    brought = provider.log_in(visitor.get("/accesso/oidc").headers["location"])
    assert house.visitor().get("/accesso/oidc/ritorno", params=brought).status_code == 401  # a browser without a part
    assert visitor.get("/accesso/oidc/ritorno", params=brought).status_code == 303
    assert visitor.get("/accesso/oidc/ritorno", params=brought).status_code == 401
    assert provider.asked[0]["code_verifier"]
    other = house.visitor()
    other.get("/accesso/oidc")
    theirs = provider.log_in(visitor.get("/accesso/oidc").headers["location"])
    assert other.get("/accesso/oidc/ritorno", params=theirs).status_code == 401  # another's state


@pytest.mark.parametrize(
    "changes", [{"state": "x"}, {"iss": "https://evil.example"}, {"code": ""}, {"error": "access_denied"}], ids=str
)
def test_an_answer_that_is_not_ours_opens_nothing(house: Office, provider: Provider, changes: dict[str, str]):
    visitor, answer = through(house, provider, **changes)
    assert answer.status_code == 401
    assert visitor.get("/").status_code == 303
    assert provider.asked == []


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"aud": [CLIENT, "another"]}, {"nonce": "x"},
     {"nonce": None}, {"exp": 1_000_000}, {"exp": None}, {"sub": None}, {"preferred_username": None},
     {"preferred_username": 7}, {"preferred_username": "a\u202eb"}, {"roles": ["nessuno"]}, {"roles": {}}],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_us_now_opens_nothing(house: Office, provider: Provider, claims: dict[str, Any]):
    provider.claims = claims
    provider.userinfo = {"sub": "7"}
    visitor, answer = through(house, provider)
    assert answer.status_code == 401
    assert visitor.get("/").status_code == 303


def test_a_token_signed_by_another_or_by_nobody_opens_nothing(house: Office, provider: Provider):
    provider.signed_with = STRANGERS
    assert through(house, provider)[1].status_code == 401
    provider.algorithm = "none"
    assert through(house, provider)[1].status_code == 401


def test_a_provider_that_calls_itself_otherwise_is_not_asked_further(house: Office, provider: Provider):
    provider.calls_itself = "https://evil.example"
    answer = house.visitor().get("/accesso/oidc")
    assert answer.status_code == 401
    assert "Riprova" in answer.text


def test_what_the_token_lacks_comes_from_the_user_information_of_the_same_person(house: Office, provider: Provider):
    provider.claims, provider.userinfo = {"roles": None}, {"sub": "7", "roles": "capi"}
    visitor, _ = through(house, provider)
    assert visitor.get("/utenti").status_code == 200
    provider.userinfo = {"sub": "8", "roles": "capi"}
    assert through(house, provider)[1].status_code == 401


def test_who_lost_the_group_loses_the_role_at_the_next_login(house: Office, provider: Provider):
    through(house, provider)
    assert roles(house)["bianca"] == "clerk"
    provider.claims = {"roles": []}
    assert through(house, provider)[1].status_code == 401


def test_without_a_provider_its_pages_are_not_there(office: Office):
    visitor = office.visitor()
    assert visitor.get("/accesso/oidc").status_code == 404
    assert visitor.get("/accesso/oidc/ritorno").status_code == 404
    assert "/accesso/oidc" not in visitor.get("/accesso").text


def test_an_expired_edit_waits_while_one_logs_in_at_the_provider(house: Office, provider: Provider):
    visitor = house.visitor("carlo")
    house.clock.advance(hours=2)
    provider.now = house.clock().timestamp()
    page = visitor.client.post("/adesioni/9", data={"csrf": "x", "perche": "tengo"},
                               headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
    assert 'action="/accesso/riprendi"' in page.text
    held = dict(part.split('" value="') for part in _hidden(page.text))
    brought = provider.log_in(visitor.get("/accesso/oidc").headers["location"])
    visitor.get("/accesso/oidc/ritorno", params=brought)
    again = visitor.client.post("/accesso/riprendi", data=held)
    assert "Invia il modulo" in again.text
    assert 'name="perche" value="tengo"' in again.text
    stolen = visitor.client.post("/accesso/riprendi", data={**held, "segno": "x"})
    assert "Invia il modulo" not in stolen.text


def _hidden(text: str) -> list[str]:
    form = text.partition('action="/accesso/riprendi"')[2].partition("</form>")[0]
    return [part.partition('">')[0] for part in form.split('<input type="hidden" name="')[1:]]


def test_the_filled_service_needs_no_such_thing(tmp_path: Path):
    assert the_service(tmp_path).settings.oidc.issuer == ""
