"""What visitors have here for a while: known to its owner alone, the longest unused things go first."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from reseen.app.access import Visitor
from reseen.app.problems import not_found

_T = TypeVar("_T")


class Shelf(Generic[_T]):
    """Things by their unguessable ids; safe to use from several threads.

    Args:
        what: What a thing is called, for whoever asks for one that is not there.
        most: A visitor may have so many here; their longest unused one goes first.
        in_all: So many of all visitors are kept.
    """

    def __init__(self, what: str, most: int, in_all: int) -> None:
        self._what, self._most, self._in_all = what, most, in_all
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], _T] = OrderedDict()

    def put(self, who: Visitor, number: str, thing: _T) -> list[_T]:
        """Keep something; gives what had to go for it."""
        owner = owner_of(who)
        with self._lock:
            self._held[owner, number] = thing
            own = [key for key in self._held if key[0] == owner]
            gone = [self._held.pop(key) for key in own[: max(len(own) - self._most, 0)]]
            while len(self._held) > self._in_all:
                gone.append(self._held.popitem(last=False)[1])
        return gone

    def get(self, who: Visitor, number: str) -> _T:
        """Something of a visitor's.

        Raises:
            Problem: They have nothing of that id (any more).
        """
        key = (owner_of(who), number)
        with self._lock:
            if key not in self._held:
                raise not_found(self._what)
            self._held.move_to_end(key)
            return self._held[key]

    def change(self, who: Visitor, number: str, thing: _T) -> None:
        """Put something in the place of what is there.

        Raises:
            Problem: They have nothing of that id (any more).
        """
        key = (owner_of(who), number)
        with self._lock:
            if key not in self._held:
                raise not_found(self._what)
            self._held[key] = thing

    def drop(self, who: Visitor, number: str) -> None:
        """Keep something no longer."""
        with self._lock:
            self._held.pop((owner_of(who), number), None)

    def clear(self) -> list[_T]:
        """Keep nothing any longer; gives what was there."""
        with self._lock:
            gone = list(self._held.values())
            self._held.clear()
        return gone


def owner_of(who: Visitor) -> str:
    """What tells a visitor's things from those of others."""
    return f"token {who.token}" if who.token is not None else f"local {who.name}"


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_urlsafe(18)
