"""Who asks, and what they may do: the one place where that is decided."""

from __future__ import annotations

import glob
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from reseen.app.problems import Problem, not_found
from reseen.library import Filter
from reseen.library.filters import named
from reseen.library.work_records import Role

__all__ = ["RANK", "Anybody", "Role", "Visitor", "Who"]

RANK: dict[Role, int] = {"viewer": 0, "searcher": 1, "admin": 2}


@dataclass(frozen=True)
class Visitor:
    """Somebody who may be here.

    Attributes:
        name: The token's name, or the user of the operating system.
        role: What they may do.
        cameras: Names of the only cameras they may see; None for all.
        token: The id of their token; None for the local user.
        session: The key of their sign-in; None for scripts and for the local user who needs none.
    """

    name: str
    role: Role
    cameras: tuple[str, ...] | None = None
    token: int | None = None
    session: str | None = None

    def may(self, role: Role) -> bool:
        """Whether they may do what takes this role."""
        return RANK[self.role] >= RANK[role]

    @property
    def sees_all(self) -> bool:
        """Whether what others keep here is theirs to see, too: an admin who may see every camera."""
        return self.may("admin") and self.cameras is None

    def sees(self, camera: str) -> bool:
        """Whether they may see a camera."""
        return self.cameras is None or camera in self.cameras

    def must_see(self, camera: str, what: str) -> None:
        """Refuse what belongs to a camera that they may not see, as if it was not there.

        Raises:
            Problem: They may not.
        """
        if not self.sees(camera):
            raise not_found(what)

    def narrowed(self, wanted: Filter) -> Filter:
        """A filter that lets through only what they may see as well."""
        if self.cameras is None:
            return wanted
        kept = [name for name in self.cameras if wanted.cameras is None or named(name, wanted.cameras)]
        # A filter's cameras are patterns too: without escaping, a name with brackets would stand for others.
        return replace(wanted, cameras=tuple(glob.escape(name) for name in kept))


def visitor_of(request: Request) -> Visitor:
    """The visitor that the authorising layer let in.

    Raises:
        Problem: The route is open to all and nobody is signed in.
    """
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        raise Problem(401, "sign in with a token first")
    return visitor


def anybody(request: Request) -> Visitor | None:
    """The visitor, on a route that is open to all."""
    return getattr(request.state, "visitor", None)


Who = Annotated[Visitor, Depends(visitor_of)]
"""The visitor of a route: ``def show(who: Who) -> ...``."""

Anybody = Annotated[Visitor | None, Depends(anybody)]
"""The visitor of a route that is open to all, if anybody is signed in."""
