"""The page's files, held in memory: what is served is what the package holds, and nothing else.

Rules: everything in ``static`` is read when the board is made, and what the page says of KPIs is made of the
catalogue, the definition and the catalogues of texts then; a request never becomes a path. The policy
allows what comes from this server and nothing else: no inline code or style, no other host.

Never: reads a file for a request.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from streams.core.definition.definition import Definition
from streams.core.kpi.alarms import threshold_of
from streams.core.kpi.catalogue.registry import CATALOGUE, chosen, in_force, windows_of
from streams.explain.symbols import names

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
POLICY = "; ".join(_RULES)
"""Content-Security-Policy of the page."""

_DEFAULT_CHOICE = chosen(Definition())

Handler = Callable[[web.Request], Awaitable[web.Response]]

INDEX = "index.html"
_DECLARED = "js/declared.js"
_WATCHED = "js/watched.js"
_TEXTS = "js/texts.js"
_FOLDER = Path(__file__).with_name("static")
_CATALOGUES = Path(__file__).with_name("texts")
LANGUAGES = ("en", "zh")
"""The languages of the page, the first for browsers that speak none of them."""
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of the page in one language."""

    texts: dict[str, str]
    """Key -> text, its parts in braces."""
    kpis: dict[str, dict[str, str]] = {}
    """KPI, or variant that a definition may choose -> ``name``, ``says``, and ``why`` it can be undefined."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    body: bytes
    content_type: str


def load(definition: Definition) -> dict[str, Asset]:
    """The files by their path below ``static``, and those that are made of catalogue and definition."""
    files = sorted(path for path in _FOLDER.rglob("*") if path.is_file())
    held = {
        path.relative_to(_FOLDER).as_posix(): Asset(path.read_bytes(), _TYPES.get(path.suffix, "text/plain"))
        for path in files
    }
    made = {_DECLARED: _declared(definition), _WATCHED: _watched(definition), _TEXTS: _texts()}
    return {**held, **{name: Asset(script, _TYPES[".js"]) for name, script in made.items()}}


def _declared(definition: Definition) -> bytes:
    """What the catalogue says of the KPIs on the page under a definition, as a module of its own."""
    of_choice = chosen(definition)
    told = {
        kpi.name: {
            "name": kpi.board.name,
            "why": kpi.board.why,
            "worse": kpi.board.worse,
            "tile": kpi.board.tile,
            "panel": kpi.board.panel,
            "plot": kpi.board.plot,
            "colour": kpi.board.colour,
            "standing": kpi.standing,
            "form": kpi.unit,
            "says": f"{kpi.title}: {kpi.meaning}",
            "formula": kpi.formula.format_map(names(kpi)),
            "windows": windows_of(kpi, definition),
            "variant": of_choice.get(kpi.name, ""),
            "named": of_choice.get(kpi.name, "") != _DEFAULT_CHOICE.get(kpi.name, ""),
        }
        for kpi in (in_force(name, definition) for name in CATALOGUE)
        if kpi.board
    }
    return b"export const DECLARED = %b;\n" % msgspec.json.format(msgspec.json.encode(told))


def _texts() -> bytes:
    """The texts of the page in every language, and of KPIs in those that their declarations do not speak."""
    read = {language: catalogue(language) for language in LANGUAGES}
    texts = {language: found.texts for language, found in read.items()}
    kpis = {language: found.kpis for language, found in read.items() if found.kpis}
    told = (msgspec.json.encode(texts), msgspec.json.encode(kpis))
    return b"export const TEXTS = %b;\nexport const KPI_TEXTS = %b;\n" % told


def catalogue(language: str) -> "Catalogue":
    """The texts in one language."""
    return msgspec.json.decode((_CATALOGUES / f"{language}.json").read_bytes(), type=Catalogue)


def _watched(definition: Definition) -> bytes:
    """The alarms, as a script: their names, and the evidence from which on they are."""
    names = [alarm.name for alarm in definition.watched]
    told = {"alarms": names, "threshold_log10": threshold_of(definition)}
    return b"export const WATCHED = %b;\n" % msgspec.json.encode(told)


def build_of(assets: dict[str, Asset]) -> str:
    """A name of this state of the files: an open page that knows another one loads itself anew."""
    state = hashlib.blake2b(digest_size=8)
    for name, asset in assets.items():
        state.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
    return state.hexdigest()


def routes(assets: dict[str, Asset]) -> list[web.RouteDef]:
    """The page at /, its files below /board/."""
    paths = {"/" if name == INDEX else f"/board/{name}": asset for name, asset in assets.items()}
    return [web.get(path, _answer(asset)) for path, asset in paths.items()]


def _answer(asset: Asset) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            body=asset.body,
            content_type=asset.content_type,
            charset="utf-8",
            headers={"Content-Security-Policy": POLICY},
        )

    return answer
