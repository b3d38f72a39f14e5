"""The library's tokens, as they are checked at every request."""

from __future__ import annotations

import threading
import time
from typing import Any

from reseen.library import Store

_FRESH = 1.0


class TokenBook:
    """Which tokens are active; read from the library at most once a second.

    Args:
        store: The library that keeps them.
    """

    def __init__(self, store: Store) -> None:
        self._store: Any = store
        self._lock = threading.Lock()
        self._active: dict[int, Any] = {}
        self._read_at = float("-inf")

    def find(self, secret: str) -> Any:
        """The active token of a secret, or None."""
        return self._store.token_of(secret) if hasattr(self._store, "token_of") else None

    def active(self) -> dict[int, Any]:
        """The active tokens by id."""
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH:
                tokens = self._store.tokens() if hasattr(self._store, "tokens") else ()
                self._active = {token.id: token for token in tokens if token.revoked_at is None}
                self._read_at = time.monotonic()
            return self._active

    def changed(self) -> None:
        """Forget what was read: a token was made or revoked here."""
        with self._lock:
            self._read_at = float("-inf")
