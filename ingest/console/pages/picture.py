"""Pages of documents as pictures. What may be an identity document is blurred until a clerk asks, on record."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.pictures import Picture, picture_of
from ingest.documents.sniff import PDF
from ingest.drawing import Wanted
from ingest.entries import stored_verdict
from ingest.verdict import Document
from ingest.vocabulary import Role
from models import Adhesion, Audit, Entry

LARGEST_KEY = 2**31 - 1
CLEAR_FOR = timedelta(minutes=10)
_CLEAR = (Role.FORM, Role.BLANK_FORM, Role.NOTICE, Role.COVER_LETTER, Role.STATUTE)
_SEEN = "identity-seen"
_DRAWN = (PDF, "image/jpeg", "image/png", "image/tiff", "image/gif", "image/bmp", "image/webp")

Place = tuple[int, int, int]  # entry, document (from 0), page (from 1)


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of one document: where its picture is, and whether it is shown blurred."""

    entry: int
    document: int
    page: int
    name: str
    role: str
    blurred: bool
    drawable: bool
    of_form: bool = False
    pages: int = 1

    @property
    def address(self) -> str:
        """The page's own address."""
        return f"/messaggi/{self.entry}/documenti/{self.document}/pagine/{self.page}"


def views(session: Session, visit: Visit, form: Adhesion) -> list[PageView]:
    """The pages of a form first, then every other page of its message."""
    verdict = stored_verdict(visit.desk.db, form.entry_id)
    made = []
    for number, document in enumerate(verdict.documents if verdict else ()):
        for page in range(1, min(document.pages, 60) + 1):
            own = number == form.document and page in form.pages
            made.append(_view(session, visit, document, (form.entry_id, number, page), own=own))
    return sorted(made, key=lambda one: not one.of_form)


def page_view(visit: Visit) -> Response:
    """One page on its own."""
    found = _found(visit)
    if found is None:
        return visit.missing("La pagina")
    return visit.page("pagina.html", view=found[1], minutes=CLEAR_FOR.seconds // 60)


def image(visit: Visit) -> Response:
    """The picture of a page as PNG."""
    found = _found(visit)
    picture = _picture(visit, *found) if found else None
    if picture is None:
        return Response(b"", 404, media_type="image/png")
    return Response(picture.png, media_type="image/png")


def measures(visit: Visit) -> Response:
    """The page's size in points: the places of values are given in them."""
    found = _found(visit)
    picture = _picture(visit, *found) if found else None
    if picture is None:
        return JSONResponse({}, 404)
    return JSONResponse({"width": picture.width, "height": picture.height})


def show_clear(visit: Visit) -> Response:
    """Notes that a clerk looks at a page that may be an identity document, and shows it for a while."""
    found = _found(visit)
    if found is None:
        return visit.missing("La pagina")
    view = found[1]
    with visit.desk.db.transaction() as session:
        session.add(Audit(at=visit.now, who=visit.who.name, what=_SEEN, object=f"entry:{view.entry}", old=None,
                          new={"document": view.document, "page": view.page}))  # fmt: skip
    return visit.see(view.address)


def _found(visit: Visit) -> tuple[Document, PageView] | None:
    entry_id, number, page = (visit.params[name] for name in ("id", "documento", "pagina"))
    if entry_id > LARGEST_KEY:
        return None
    with visit.desk.db.reading() as session:
        if session.get(Entry, entry_id) is None:
            return None
        verdict = stored_verdict(visit.desk.db, entry_id)
        if verdict is None or number >= len(verdict.documents):
            return None
        document = verdict.documents[number]
        if not 1 <= page <= document.pages:
            return None
        of_form = select(Adhesion).where(Adhesion.entry_id == entry_id, Adhesion.document == number)
        own = any(page in form.pages for form in session.scalars(of_form))
        return document, _view(session, visit, document, (entry_id, number, page), own=own)


def _view(session: Session, visit: Visit, document: Document, place: Place, *, own: bool) -> PageView:
    entry_id, number, page = place
    roles = document.role_by_page
    role = roles[page - 1] if page <= len(roles) else document.role
    hidden = role is Role.IDENTITY or (role not in _CLEAR and not own)
    blurred = hidden and not _asked(session, visit, entry_id, number, page)
    drawable = document.media_type in _DRAWN and bool(document.path)
    return PageView(entry_id, number, page, document.name, str(role), blurred, drawable, own, document.pages)


def _asked(session: Session, visit: Visit, entry_id: int, number: int, page: int) -> bool:
    """True when this person asked for the page a short while ago."""
    query = select(Audit.new).where(
        Audit.who == visit.who.name,
        Audit.what == _SEEN,
        Audit.object == f"entry:{entry_id}",
        Audit.at > visit.now - CLEAR_FOR,
    )
    return {"document": number, "page": page} in list(session.scalars(query))


def _picture(visit: Visit, document: Document, view: PageView) -> Picture | None:
    if not view.drawable:
        return None
    with visit.desk.db.reading() as session:
        sha256 = session.get_one(Entry, view.entry).sha256
    original = visit.desk.store.path_of(sha256)
    if not original.is_file():
        return None
    wanted = Wanted(
        str(original), tuple(document.path), document.sha256, view.page,
        large=visit.query.get("grande") == "1", blurred=view.blurred,
    )  # fmt: skip
    hides = view.role == Role.IDENTITY or (Role(view.role) not in _CLEAR and not view.of_form)
    secret = hides and not view.blurred
    return picture_of(wanted, visit.desk.service.context.limits, keep=not secret)


_PAGE = "/messaggi/{id:int}/documenti/{documento:int}/pagine/{pagina:int}"
PAGES = (
    Page(_PAGE, page_view, Needs.READER),
    Page(f"{_PAGE}/immagine", image, Needs.READER),
    Page(f"{_PAGE}/misure", measures, Needs.READER),
    Page(f"{_PAGE}/mostra", show_clear, Needs.CLERK, "POST"),
)
