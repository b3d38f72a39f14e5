"""The routes of the pages: HTML without data, the same for everybody who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from reseen.app.context import Here
from reseen.app.pages import assets
from reseen.app.pages.catalogues import LANGUAGES, TAGS, catalogue, chosen, texts
from reseen.app.problems import not_found
from reseen.app.routing import Routes

TEMPLATES: Final = Path(__file__).parent / "templates"

LANGUAGE_COOKIE: Final = "reseen-language"
THEME_COOKIE: Final = "reseen-theme"

routes = Routes("pages", prefix="")
texts_routes = Routes("texts")


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        name: Of its template and of its module.
        path: Its address.
        styles: Its own style sheets.
    """

    name: str
    path: str
    styles: tuple[str, ...] = ()


PAGES: Final = (
    Page("find", "/", ("find", "timeline")),
    Page("look", "/look", ("find", "look")),
    Page("browse", "/browse", ("find", "browse")),
    Page("footage", "/footage", ("footage",)),
    Page("cases", "/cases", ("find", "settings")),
    Page("settings", "/settings", ("settings",)),
    Page("sign-in", "/sign-in", ("settings",)),
)
"""All pages; what each shows is in its address's query, read by its module."""


@cache
def templates(language: str) -> Environment:
    """The templates in a language.

    Args:
        language: A code of ``LANGUAGES``.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return environment


def rendered(page: Page, language: str, theme: str | None = None) -> str:
    """A page as HTML.

    Args:
        page: Which.
        language: A code of ``LANGUAGES``.
        theme: ``light`` or ``dark``; None follows the system.
    """
    template: Template = templates(language).get_template(f"{page.name}.html")
    other = next(code for code in LANGUAGES if code != language)
    return template.render(
        page=page,
        language=language,
        tag=TAGS[language],
        other=other,
        other_name=LANGUAGES[other],
        other_tag=TAGS[other],
        theme=theme if theme in {"light", "dark"} else None,
        static=f"/static/{assets.version()}",
        modules=assets.modules(f"{page.name}.js"),
    )


def _serve(page: Page) -> None:
    @routes.get(page.path, role=None, include_in_schema=False, name=page.name)
    def show(here: Here, request: Request) -> Response:
        setting = here.settings.language or here.store.setting("language")
        language = chosen(request.cookies.get(LANGUAGE_COOKIE), setting, request.headers.get("accept-language", ""))
        html = rendered(page, language, request.cookies.get(THEME_COOKIE))
        return Response(html, media_type="text/html", headers={"Vary": "Cookie, Accept-Language"})


for _page in PAGES:
    _serve(_page)


@texts_routes.get("/texts", role=None)
def show_texts(language: Literal["en", "zh"] = "en") -> dict[str, str | list[str]]:
    """Every message of the pages with its translation; its forms where it has a plural. Empty for English."""
    return texts(language)


@routes.get("/static/{version}/{name:path}", role=None, include_in_schema=False)
def static(version: str, name: str) -> Response:
    """A style sheet, a module or a picture of the pages."""
    content = assets.asset(name)
    if content is None or version != assets.version():
        raise not_found("page")
    return Response(
        content,
        media_type=assets.KINDS[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@routes.get("/favicon.ico", role=None, include_in_schema=False)
def favicon() -> Response:
    """The picture in the browser's tab."""
    return Response(assets.asset("icon.svg"), media_type=assets.KINDS[".svg"])
