"""Who gets in, who may do what, and what every answer carries: each route, each role, each wrong form."""

import html
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from ingest.console.desk import Needs, Page
from ingest.console.headers import LETTER, STRICT
from ingest.console.login import WRONG_BY_ADDRESS, WRONG_BY_USER
from ingest.console.sessions import IDLE, LONGEST
from ingest.console.site import PAGES
from ingest.users import disable_user, set_password
from models import Audit, Letter, Seat, User
from tests.console.filled import PASSWORD
from tests.console.office import Office, tags, words

ROOT = Path(__file__).parents[2]
SAMPLES = {
    "{id:int}": "3",
    "{documento:int}": "0",
    "{pagina:int}": "1",
    "{theme}": "abitare",
    "{week}": "2021-W30",
    "{formato}": "pdf",
}
ROLES = {None: Needs.NOTHING, "lea": Needs.READER, "carlo": Needs.CLERK, "anna": Needs.ADMIN}
NAMES_A_NOTICE = ("/avvisi", "/messaggi/{id:int}/avviso")  # an empty form names none that there is
LETTERS = "/foglio"  # framed pages: a letter as its reader sees it
GUARDED = [page for page in PAGES if page.needs is not Needs.NOTHING]
POSTS = [page for page in GUARDED if page.method == "POST"]


SOURCES = "".join(path.read_text() for path in (ROOT / "ingest/console").rglob("*.py"))
QUERIES = sorted(set(re.findall(r'query\.get\("(\w+)"', SOURCES)) | {"cerca", "poi", "pagina", "dopo"})
FIELDS = sorted(set(re.findall(r'(?:text|get|getlist)\("([\w.-]+)"', SOURCES)) - {"csrf", "segno"})
OPEN = {"accesso", "accessibilita"}  # for whoever is not logged in: the login itself, and who it serves


def address(page: Page) -> str:
    """The page's address with a sample in each of its places; the number of an entry, a letter or a body is 3."""
    path = page.path
    for name, sample in SAMPLES.items():
        path = path.replace(name, sample)
    path = path.replace("{kind}", "adhesion-received" if "modelli" in path else "elenco")
    return re.sub(r"\{\w+:int\}", "1", path) + ("?formato=csv" if path.endswith("esporta") else "")


def named(page: Page) -> str:
    return f"{page.method} {page.path}"


def test_every_route_of_the_site_is_a_page_with_its_rule_or_one_of_the_few_that_say_nothing(office: Office):
    """A route that somebody adds beside `PAGES` is met by no rule and by no test below: this one fails."""
    routes = {
        (method, getattr(route, "path", "?"))
        for route in office.site.routes
        for method in (getattr(route, "methods", None) or {"any"}) - {"HEAD"}
    }
    ruled = {(page.method, page.path) for page in PAGES}
    assert routes == ruled | {("GET", "/health"), ("GET", "/metrics"), ("GET", "/static/{name}")}
    assert len(PAGES) == len(ruled)
    assert not [address(page) for page in PAGES if "{" in address(page)]
    assert {page.path.split("/")[1] for page in PAGES if page.needs is Needs.NOTHING} == OPEN


def test_every_route_lets_in_exactly_the_roles_it_names(office: Office):
    visitors = {name: office.visitor(name) for name in ROLES}
    for page in GUARDED:
        for name, may in ROLES.items():
            visitor = visitors[name] if page.path != "/esci" else office.visitor(name)
            answer = visitor.post(address(page)) if page.method == "POST" else visitor.get(address(page))
            asked = (named(page), name, answer.status_code)
            if may is Needs.NOTHING:
                assert answer.status_code == (401 if page.method == "POST" else 303), asked
                assert "Accesso" in answer.text or answer.headers["location"].startswith("/accesso"), asked
            elif may < page.needs:
                assert answer.status_code == 403, asked
            elif page.method == "POST" and page.path in NAMES_A_NOTICE:
                assert answer.status_code == 404, asked
            else:
                assert answer.status_code in (200, 303, 409, 422), asked


@pytest.mark.parametrize("page", POSTS, ids=named)
def test_a_form_without_its_mark_does_nothing(office: Office, page: Page):
    admin, other = office.visitor("anna"), office.visitor("carlo")
    before = _traces(office)
    for mark in ("", "wrong", other.csrf()):
        answer = admin.client.post(address(page), data={"csrf": mark, "nome": "carlo", "password": "x" * 20})
        assert answer.status_code == 403
        assert "Modulo scaduto" in answer.text
    assert _traces(office) == before
    assert admin.get("/").status_code == 200


def _traces(office: Office) -> tuple[int, int, list[tuple[str, str]]]:
    with office.service.db.reading() as session:
        deeds = session.scalar(select(func.count()).select_from(Audit).where(Audit.what != "login")) or 0
        letters = session.scalar(select(func.count()).select_from(Letter)) or 0
        return deeds, letters, [(user.name, user.password_hash) for user in session.scalars(select(User))]


def test_every_answer_carries_the_headers_that_keep_it_closed(office: Office):
    admin = office.visitor("anna", scheme="https")
    paths = [address(page) for page in PAGES if page.method == "GET"] + ["/health", "/metrics", "/nulla"]
    for path in paths:
        headers = admin.get(path).headers
        policy = headers["content-security-policy"]
        framed = path.endswith(LETTERS)
        assert policy == (LETTER if framed else STRICT), path
        assert headers["x-frame-options"] == ("SAMEORIGIN" if framed else "DENY"), path
        assert headers["cache-control"] == "no-store", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert "camera=()" in headers["permissions-policy"], path
        assert headers["strict-transport-security"].startswith("max-age="), path
    assert "strict-transport-security" not in office.visitor().get("/accesso").headers


def test_no_page_holds_anything_inline_or_from_elsewhere(office: Office):
    admin = office.visitor("anna")
    for page in PAGES:
        if page.method != "GET" or page.path.endswith(LETTERS):
            continue
        answer = admin.get(address(page))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for tag, attributes in tags(answer):
            seen = (page.path, tag, attributes)
            assert tag not in ("style", "object", "embed", "base"), seen
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/"), seen
            assert not [name for name in attributes if name == "style" or name.startswith("on")], seen
            for name in ("src", "href", "action", "formaction"):
                assert attributes.get(name, "/")[:1] in ("/", "#"), seen
                assert not attributes.get(name, "/").startswith("//"), seen


def test_the_cookie_is_hidden_from_scripts_and_secure_over_https(office: Office):
    for scheme, secure in (("http", False), ("https", True)):
        cookie = office.visitor(scheme=scheme).log_in("anna").headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert ("Secure" in cookie) is secure


def test_a_token_is_stored_only_as_its_hash(office: Office):
    visitor = office.visitor("anna")
    token = visitor.client.cookies["pec_ingest_console"]
    with office.service.db.reading() as session:
        assert all(token not in seat.token_sha256 for seat in session.scalars(select(Seat)))


def test_a_session_ends_when_it_rests_too_long_and_lasts_while_it_is_used(office: Office):
    visitor = office.visitor("lea")
    for _ in range(3):
        office.clock.now += IDLE - timedelta(minutes=1)
        assert visitor.get("/registro").status_code == 200
    office.clock.now += IDLE + timedelta(seconds=1)
    assert visitor.get("/registro").status_code == 303


def test_a_session_ends_after_its_longest_time_however_much_it_is_used(office: Office):
    visitor = office.visitor("lea")
    for _ in range(int(LONGEST / timedelta(minutes=30))):
        office.clock.now += timedelta(minutes=30)
        assert visitor.get("/registro").status_code == 200
    office.clock.now += timedelta(minutes=1)
    assert visitor.get("/registro").status_code == 303


def test_a_new_password_and_a_closed_account_end_the_sessions(office: Office):
    lea, carlo = office.visitor("lea"), office.visitor("carlo")
    office.clock.advance(minutes=1)
    set_password(office.service.db, "lea", "un'altra parola lunga", office.clock())
    disable_user(office.service.db, "carlo", office.clock())
    assert lea.get("/").status_code == carlo.get("/").status_code == 303
    assert office.visitor().log_in("carlo").status_code == 401


def test_leaving_ends_the_session_for_its_token_too(office: Office):
    visitor = office.visitor("lea")
    token = visitor.client.cookies["pec_ingest_console"]
    assert visitor.post("/esci").headers["location"].startswith("/accesso")
    visitor.client.cookies.set("pec_ingest_console", token)
    assert visitor.get("/").status_code == 303


def test_wrong_passwords_close_an_account_for_a_while_even_to_the_right_one(office: Office):
    visitor = office.visitor()
    for _ in range(WRONG_BY_USER):
        assert visitor.log_in("lea", "sbagliata").status_code == 401
    assert visitor.log_in("lea").status_code == 401
    assert office.visitor().log_in("carlo").status_code == 303
    office.clock.advance(minutes=16)
    assert visitor.log_in("lea").status_code == 303


def test_wrong_passwords_for_many_names_close_the_address(office: Office):
    visitor = office.visitor(client=("10.0.0.1", 50000))
    for number in range(WRONG_BY_ADDRESS):
        assert visitor.log_in(f"nessuno{number}", "sbagliata").status_code == 401
    assert visitor.log_in("carlo").status_code == 401
    assert office.visitor(client=("10.0.0.2", 50000)).log_in("carlo").status_code == 303
    office.clock.advance(minutes=16)
    assert visitor.log_in("carlo").status_code == 303


def test_a_refused_login_does_not_tell_what_was_wrong(office: Office):
    visitor = office.visitor()
    unknown, known = visitor.log_in("nessuno", "sbagliata"), visitor.log_in("lea", "sbagliata")
    assert words(unknown).replace("nessuno", "lea") == words(known)


def test_a_login_form_of_another_browser_is_refused(office: Office):
    answer = office.visitor().client.post("/accesso", data={"segno": "x" * 43, "nome": "anna", "password": PASSWORD})
    assert answer.status_code == 403
    assert "pec_ingest_console" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1", "/x\r\nSet-Cookie: a=b"]
)
def test_a_login_never_leads_elsewhere(office: Office, back: str):
    assert office.visitor().log_in("lea", poi=back).headers["location"] == "/"


def test_a_login_leads_back_to_the_page_that_asked_for_it(office: Office):
    visitor = office.visitor()
    asked = visitor.get("/registro?cerca=a+b&esame=1").headers["location"]
    back = parse_qs(urlsplit(asked).query)["poi"][0]
    assert visitor.log_in("lea", poi=back).headers["location"] == "/registro?cerca=a+b&esame=1"


def test_a_form_whose_session_had_ended_is_offered_again_after_the_login(office: Office):
    visitor = office.visitor("anna")
    mark = visitor.csrf()
    office.clock.now += IDLE + timedelta(minutes=1)
    form = {"csrf": mark, "nome": "nuova", "ruolo": "clerk", "password": 'con "virgolette" <e> segni'}
    refused = visitor.client.post("/utenti", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert refused.status_code == 401
    assert "non è andato perso" in refused.text
    offered = visitor.client.post("/accesso", data={**_fields(refused.text), "nome": "anna", "password": PASSWORD})
    assert offered.status_code == 200
    again = _fields(offered.text)
    assert again["csrf"] != mark
    assert again == {**form, "csrf": again["csrf"]}
    assert visitor.client.post("/utenti", data=again).status_code == 303
    assert office.visitor().log_in("nuova", form["password"]).status_code == 303


def test_a_form_from_elsewhere_is_not_carried_through_a_login(office: Office):
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        refused = office.visitor().client.post("/utenti", data={"nome": "intruso"}, headers=headers)
        assert refused.status_code == 401
        assert "intruso" not in refused.text


def _fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/console.css",
        "/static/console.css", "/messaggi/3/..%2f..%2foriginale", "/messaggi/-1", "/messaggi/0x3", "/messaggi/3'--",
        "/lettere/modelli/..%2f..%2fconfig", "/lettere/modelli/__class__", "/riepiloghi/2021-W99", "/tavoli/..%2f",
        "/tavoli/abitare/..%2fx", "/enti/99999999999999999999", "/enti/esporta?formato=exe",
        "/enti/esporta?formato=csv&profilo=tutto",
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_not_found(office: Office, path: str):
    answer = office.visitor("anna").get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "word", ["' OR 1=1 --", "%", "_", "\\", '"; DROP TABLE entry; --', "\x00", "é'\ud7ff", "a" * 5000]
)
def test_words_that_look_like_code_are_only_words(office: Office, word: str):
    reader = office.visitor("lea")
    for path in ("/registro", "/registro/nuove", "/enti", "/enti/esporta"):
        answer = reader.get(path, params={"cerca": word, "dopo": word, "comune": word, "tema": word, "formato": "json"})
        assert answer.status_code == 200, (path, word)
    assert "messaggio n." in reader.get("/messaggi/3").text


ATTACKS = (
    "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "....//", "' OR '1'='1", '";alert(1)//', "<script>x</script>",
    "%3Cscript%3Ex%3C%2Fscript%3E", "%0d%0aSet-Cookie:a=b", "{{7*7}}", "%7B%7B7*7%7D%7D", "-1", "0", "99999999999999",
    "1e9", "%00", "é%ff", "None", "1;DROP TABLE entry",
)  # fmt: skip


@pytest.mark.parametrize("page", [page for page in PAGES if page.method == "GET"], ids=named)
def test_whatever_stands_in_an_address_is_answered_and_never_obeyed(office: Office, page: Page):
    admin = office.visitor("anna")
    before = _traces(office)[1:]  # a download leaves its line in the audit
    for attack in ATTACKS:
        in_path = re.sub(r"\{[^}]+\}", attack, page.path)
        answers = [admin.get(in_path), admin.get(address(page), params=dict.fromkeys(QUERIES, attack))]
        for answer in answers:
            assert answer.status_code in (200, 303, 400, 404, 405, 409, 422), (in_path, answer.status_code)
            assert "<script>x" not in answer.text
            assert "root:" not in answer.text
            assert "set-cookie: a=b" not in str(answer.headers).lower()
    assert _traces(office)[1:] == before


@pytest.mark.parametrize("page", POSTS, ids=named)
def test_whatever_a_form_holds_is_answered_and_never_obeyed(office: Office, page: Page):
    for attack in ("' OR '1'='1", "<script>x</script>", "../../etc/passwd", "{{7*7}}", "-1", "9" * 400, "\x00\u202e"):
        answer = office.visitor("anna").post(address(page), dict.fromkeys(FIELDS, attack))
        assert answer.status_code in (200, 303, 400, 404, 409, 422), (named(page), attack, answer.status_code)
        assert "<script>x" not in answer.text
        assert answer.headers.get("location", "/").startswith("/")


def test_a_form_that_is_too_long_is_refused(office: Office):
    visitor = office.visitor("anna")
    assert visitor.post("/utenti", {"nome": "x" * 1_100_000}).status_code == 413
