"""Reseen: a photo of a person and footage in; the moments at which that person is seen out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reseen.api import Library
    from reseen.errors import InputError, ReseenError, UsageError
    from reseen.searching import Moment, SearchResult

__all__ = ["InputError", "Library", "Moment", "ReseenError", "SearchResult", "UsageError"]

_HOMES = {
    "Library": "reseen.api",
    "InputError": "reseen.errors",
    "ReseenError": "reseen.errors",
    "UsageError": "reseen.errors",
    "Moment": "reseen.searching",
    "SearchResult": "reseen.searching",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'reseen' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
