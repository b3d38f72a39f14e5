"""The library's tokens, as they are checked at every request."""

from __future__ import annotations

import hashlib
import threading
import time

from reseen.library import Store
from reseen.library.work_records import Token

_FRESH = 1.0
_MOST_MET = 10_000


class TokenBook:
    """Which tokens are active; read from the library at most once a second.

    Args:
        store: The library that keeps them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._active: dict[int, Token] = {}
        self._read_at = float("-inf")
        self._met: dict[bytes, int] = {}

    def find(self, secret: str) -> Token | None:
        """The active token of a secret, or None."""
        token = self._store.token_of(secret)
        with self._lock:
            if token is None:
                self._met.pop(_digest(secret), None)
            elif len(self._met) < _MOST_MET:
                self._met[_digest(secret)] = token.id
        return token

    def met(self, secret: str) -> bool:
        """Whether this secret was right when it was last used in this run."""
        with self._lock:
            return _digest(secret) in self._met

    def active(self) -> dict[int, Token]:
        """The active tokens by id."""
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH:
                self._active = {token.id: token for token in self._store.tokens()}
                self._read_at = time.monotonic()
            return self._active

    def changed(self) -> None:
        """Forget what was read: a token was made or revoked here."""
        with self._lock:
            self._read_at = float("-inf")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
