"""Translations: gettext catalogues beside the templates, compiled ones committed with them."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "translations"
DOMAIN: Final = "reseen"

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "zh": "中文"}
"""The languages of the pages by code, each in its own words."""

TAGS: Final[Mapping[str, str]] = {"en": "en", "zh": "zh-Hans"}
"""How a page names its language to browsers and screen readers."""

Texts = dict[str, str | list[str]]


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations of a language; English needs none, its texts are the messages themselves."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, str(FOLDER), [language])


@cache
def texts(language: str) -> Texts:
    """Every message with its translation, for the modules of the pages.

    Args:
        language: A code of ``LANGUAGES``.

    Returns:
        Translation by message; of one with a plural, its forms by the singular. Empty for English.
    """
    if language == "en":
        return {}
    found = gettext.translation(DOMAIN, str(FOLDER), [language])
    entries: Mapping[str | tuple[str, int], str] = vars(found)["_catalog"]
    said: Texts = {}
    for message, translation in entries.items():
        if isinstance(message, tuple):
            forms = said.setdefault(message[0], [])
            if isinstance(forms, list):
                forms.append(translation)
        elif message:
            said[message] = translation
    return said


def chosen(cookie: str | None, setting: str | None, accepted: str) -> str:
    """The language of a page.

    Args:
        cookie: What the visitor chose, if anything.
        setting: What the application was started with, if anything.
        accepted: The browser's ``Accept-Language``.
    """
    for wish in (cookie, setting, *_accepted(accepted)):
        if wish is not None and wish in LANGUAGES:
            return wish
    return "en"


def _accepted(header: str) -> list[str]:
    wishes: list[tuple[float, str]] = []
    for entry in header.split(",")[:20]:
        tag, _, quality = entry.strip().partition(";")
        weight = quality.strip().removeprefix("q=")
        wishes.append((-float(weight) if weight.replace(".", "", 1).isdigit() else -1.0, tag.split("-")[0].lower()))
    return [tag for _, tag in sorted(wishes, key=lambda wish: wish[0])]
