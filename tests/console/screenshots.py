"""Pictures of every page, over the samples: `python -m tests.console.screenshots FOLDER` for the office's guide.

With `--all FOLDER` on a desktop and a phone, light and dark, to be looked at. Chromium as the system has it.
"""

import argparse
import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser

from tests.console.browser import chromium, log_in, opened, served
from tests.console.filled import fill, the_service
from tests.console.waiting import waiting_forms

PAGES = {
    "accesso": "/accesso", "oggi": "/", "registro": "/registro", "messaggio": "/messaggi/1", "adesione": "/adesioni/9",
    "documento": "/messaggi/1/documenti/0/pagine/1",
    "enti": "/enti", "ente": "/enti/1", "decisioni": "/enti/1/decisioni", "versioni": "/enti/1/versioni",
    "lettere": "/lettere", "lettera": "/lettere/3", "modelli": "/lettere/modelli", "riepiloghi": "/riepiloghi",
    "riepilogo": "/riepiloghi/2021-W30", "tavoli": "/tavoli", "tavolo": "/tavoli/abitare",
    "convocazioni": "/convocazioni", "convocazione": "/convocazioni/1", "bozza": "/convocazioni/3",
    "convocazione-nuova": "/convocazioni/nuova", "integrazioni": "/integrazioni", "relazione": "/relazione",
    "ammissione": "/enti/1/ammissione", "avvisi": "/avvisi", "modello": "/lettere/modelli/adhesion-received",
    "risposta": "/adesioni/9/lettera", "stato": "/stato", "utenti": "/utenti", "password": "/password",
    "accessibilita": "/accessibilita", "errore": "/nulla",
}  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
_TALL = {"enti": 1480, "decisioni": 1180}  # pages whose point lies further down
_WIDEST = 1000  # pixels of a picture in the guide


def main(arguments: list[str] | None = None) -> int:
    """Takes the pictures. Exit status."""
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="desktop and phone, light and dark, whole pages")
    parser.add_argument("--page", action="append", choices=list(PAGES), help="only this page; may be repeated")
    args = parser.parse_args(arguments)
    args.folder.mkdir(parents=True, exist_ok=True)
    chosen = {name: PAGES[name] for name in args.page or PAGES}
    with TemporaryDirectory(prefix="pictures-") as place, chromium() as browser:
        service = the_service(Path(place))
        fill(service)
        waiting_forms(service, 1)
        with served(service) as address:
            for name, how in _looks(everything=args.all).items():
                _taken(browser, address, chosen, (args.folder, name, how))
        service.close()
    return 0


def _looks(*, everything: bool) -> dict[str, dict[str, object]]:
    light = {"": {"viewport": DESKTOP, "color_scheme": "light"}}
    if not everything:
        return light  # type: ignore[return-value]
    sizes = {"desktop": DESKTOP, "phone": PHONE}
    return {
        f"-{size}-{scheme}": {"viewport": viewport, "color_scheme": scheme}
        for size, viewport in sizes.items()
        for scheme in ("light", "dark")
    }


def _taken(browser: Browser, address: str, pages: dict[str, str], look: tuple[Path, str, dict[str, object]]) -> None:
    folder, suffix, how = look
    page = opened(browser, address, **how).new_page()
    for name, path in pages.items():
        if name == "accesso":
            page.goto(path)
        else:
            if page.url.endswith("/accesso") or page.url == "about:blank":
                log_in(page, "anna")
            if not suffix:
                page.set_viewport_size({"width": 1280, "height": _TALL.get(name, 860)})
            page.goto(path, wait_until="load")
            page.evaluate("document.querySelectorAll('[loading=lazy]').forEach(one => one.loading = 'eager')")
            page.wait_for_load_state("networkidle")
            if page.locator(".pictures .paper img").count():
                page.evaluate("scrollTo(0, 250)")
        taken = Image.open(io.BytesIO(page.screenshot(full_page=bool(suffix)))).convert("RGB")
        if not suffix:
            taken.thumbnail((_WIDEST, 2 * _WIDEST))
        taken.save(folder / f"{name}{suffix}.webp", quality=72 if suffix else 80, method=6)
        print(name + suffix, file=sys.stderr)  # noqa: T201 - a program that says how far it is
    page.context.close()


if __name__ == "__main__":
    sys.exit(main())
