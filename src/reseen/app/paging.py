"""Lists in pages: a limit, and a cursor that leads to the next page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from reseen.app.problems import Problem

_S = TypeVar("_S")
_T = TypeVar("_T")

Place = tuple[int | float | str, ...]
"""Where in a list something is, by what the list is ordered by."""


class Page(BaseModel, Generic[_T]):
    """A page of a list."""

    items: list[_T]
    next: str | None = Field(None, description="The cursor of the next page; null on the last one.")


@dataclass(frozen=True)
class Paging:
    """Which page is asked for.

    Attributes:
        limit: How many items at most.
        place: What ``cursor_at`` was given for this page; empty for the first one.
    """

    limit: int
    place: Place = ()

    def number(self) -> int | None:
        """The place as one whole number; None on the first page.

        Raises:
            Problem: The cursor is one of another list.
        """
        if not self.place:
            return None
        if len(self.place) != 1 or not isinstance(self.place[0], int) or isinstance(self.place[0], bool):
            raise _foreign()
        return self.place[0]

    def page(
        self, found: Sequence[_S], shown: Callable[[Sequence[_S]], list[_T]], place: Callable[[_S], Place]
    ) -> Page[_T]:
        """The page of what was looked up from its place on.

        Args:
            found: At least one more than the page holds, where there are more.
            shown: Makes the items of what the page holds.
            place: Where in the list one of them is.
        """
        held = found[: self.limit]
        return Page(items=shown(held), next=cursor_at(*place(held[-1])) if len(found) > self.limit else None)


def cursor_at(*place: int | float | str) -> str:
    """An opaque cursor that leads to a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _paging(
    cursor: Annotated[str | None, Query(max_length=500, description="The cursor that the page before gave.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many items.")] = 50,
) -> Paging:
    return Paging(limit, () if cursor is None else _place(cursor))


Paged = Annotated[Paging, Depends(_paging)]
"""The paging of a route: ``def list_things(paging: Paged) -> Page[Thing]``."""


def _place(cursor: str) -> Place:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise _foreign() from None
    if not isinstance(place, list) or not place or not all(isinstance(part, int | float | str) for part in place):
        raise _foreign()
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in place):
        raise _foreign()
    return tuple(place)


def _foreign() -> Problem:
    return Problem(422, "cursor: this is no cursor of this list; leave it out to start at the beginning")
