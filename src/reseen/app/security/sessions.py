"""Sign-ins of browsers: an unguessable key in a cookie, known to this process alone."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SignIn:
    """A browser that is signed in: with a token (its id), or as the local user (None)."""

    token: int | None
    used_at: float


class Sessions:
    """The sign-ins of this run of the application.

    Args:
        hours: Hours after which an unused one ends.
        most: At most so many; the longest unused ones end first.
    """

    def __init__(self, hours: float, most: int = 1000) -> None:
        self._seconds = hours * 3600
        self._most = most
        self._lock = threading.Lock()
        self._all: dict[str, SignIn] = {}
        self._keys: set[str] = set()

    def begin(self, token: int | None) -> str:
        """A new sign-in; gives its key."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._all[key] = SignIn(token, time.monotonic())
            if len(self._all) > self._most:
                del self._all[min(self._all, key=lambda name: self._all[name].used_at)]
        return key

    def find(self, key: str) -> SignIn | None:
        """The sign-in of a key, if it has not ended."""
        with self._lock:
            found = self._all.get(key)
            if found is None:
                return None
            if time.monotonic() - found.used_at > self._seconds:
                del self._all[key]
                return None
            self._all[key] = replace(found, used_at=time.monotonic())
            return found

    def end(self, key: str) -> None:
        """End a sign-in."""
        with self._lock:
            self._all.pop(key, None)

    def make_key(self) -> str:
        """A key that signs the local user in, once: for the browser that the application opens itself."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._keys.add(key)
        return key

    def use_key(self, key: str) -> bool:
        """Whether it was such a key; it is none any longer."""
        with self._lock:
            known = key in self._keys
            self._keys.discard(key)
            return known
