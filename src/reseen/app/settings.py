"""How the application is run."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reseen.runtime import SessionSettings

Language = Literal["en", "zh"]

MEGABYTE = 1_000_000
GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class AppSettings:
    """How the application is run.

    Attributes:
        library: The library's folder; made where there is none.
        host: The address to listen at.
        port: The port to listen at.
        names: Further names by which browsers may call this machine, besides ``host`` and plain addresses.
        tls_cert: Certificate chain (PEM), for HTTPS.
        tls_key: Its private key (PEM).
        roots: Folders inside which footage may be added from the server's own disk.
        language: Language of the pages where a visitor has not chosen one; None asks the browser.
        detector: Detector of a new library; None takes the best that is here.
        embedder: Embedder of a new library; None takes the best that is here.
        session: How networks are run.
        workers: Whether the processes that index and export are started (tests that need none leave them out).
        step_back: How far they stand back behind pages and searches where the processor is short: 0 (not at all) to 19.
        max_photo_bytes: Largest photo that may be sent.
        max_photos: Photos that a visitor may have here at a time.
        photo_seconds: Seconds that looking at one photo may take.
        max_upload_bytes: Largest file of footage that may be uploaded.
        token_failures: Wrong tokens from one address in a minute, after which it has to wait.
        session_hours: Hours after which an unused sign-in ends.
        revoked_seconds: At most so many seconds after a token was revoked, what it opened ends.
    """

    library: Path
    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    roots: tuple[Path, ...] = ()
    language: Language | None = None
    detector: str | None = None
    embedder: str | None = None
    session: SessionSettings = field(default_factory=SessionSettings)
    workers: bool = True
    step_back: int = 10
    max_photo_bytes: int = 50 * MEGABYTE
    max_photos: int = 50
    photo_seconds: float = 60.0
    max_upload_bytes: int = 200 * GIGABYTE
    token_failures: int = 10
    session_hours: float = 12.0
    revoked_seconds: float = 3.0

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the application."""
        return is_loopback(self.host)

    @property
    def tls(self) -> bool:
        """Whether it speaks HTTPS."""
        return self.tls_cert is not None

    @property
    def address(self) -> str:
        """The address to open in a browser on this machine."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{shown}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
