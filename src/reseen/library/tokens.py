"""Access tokens: who may use a library over the network. Only the hash of a secret is kept."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from sqlalchemy import select, update

from reseen.library.audit import write_entry
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.part import Part, now
from reseen.library.tables_of_work import TokenRow
from reseen.library.work_records import ROLES, Role, Token

_MARK = "rsn_"
_BYTES = 32
_LONGEST_NAME = 100
# The time of use is for people: to the minute is good enough, and spares a write per request.
_USED_EVERY = timedelta(minutes=1)


class TokensPart(Part):
    """Tokens; also a library opened for reading makes and revokes them."""

    def add_token(
        self, name: str, role: Role, cameras: Sequence[str] | None = None, *, who: str | None = None
    ) -> tuple[Token, str]:
        """Makes a token.

        Args:
            name: Whose it is; what they do is entered into the audit log under it.
            role: What it may do.
            cameras: What it may see, by name; None is everything.
            who: Who makes it, for the audit log.

        Returns:
            The token, and its secret, which is nowhere kept.

        Raises:
            LibraryError: There is an active token of that name, or the name or role is none.
        """
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise LibraryError(f"a token needs a name of 1 to {_LONGEST_NAME} printable characters")
        if role not in ROLES:
            raise LibraryError(f"'{role}' is no role: choose one of {', '.join(ROLES)}")
        if role == "admin" and cameras is not None:
            raise LibraryError("an admin sees every camera: leave the cameras out, or choose another role")
        # 256 random bits need no slow hash: nobody can guess them, and every request asks.
        secret = _MARK + secrets.token_urlsafe(_BYTES)
        with self._db.write() as session:
            same = select(TokenRow.id).where(TokenRow.name == name, TokenRow.revoked_at.is_(None))
            if session.scalar(same) is not None:
                raise LibraryError(f"there is a token named '{name}': revoke it first, or choose another name")
            told = {"token": name, "role": role, "cameras": None if cameras is None else list(cameras)}
            write_entry(session, "create token", told, who=who)
            row = TokenRow(
                name=name,
                role=role,
                cameras=None if cameras is None else json.dumps(list(cameras)),
                sha256=_hash(secret),
                created_at=now(),
                created_by=who or "",
            )
            session.add(row)
            session.flush()
            return _token(row), secret

    def token_of(self, secret: str) -> Token | None:
        """The active token with a secret, or None.

        What is compared is a hash that the caller cannot steer, so that how long it takes tells nothing.
        """
        with self._db.read() as session:
            row = session.scalar(
                select(TokenRow).where(TokenRow.sha256 == _hash(secret), TokenRow.revoked_at.is_(None))
            )
            token = None if row is None else _token(row)
        if token is not None and (token.used_at is None or now() - token.used_at > _USED_EVERY):
            with self._db.write() as session:
                session.execute(update(TokenRow).where(TokenRow.id == token.id).values(used_at=now()))
        return token

    def token(self, token_id: int) -> Token:
        """A token by its id, active or not.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return _token(self._row(session, TokenRow, token_id, "token"))

    def tokens(self, *, revoked: bool = False) -> tuple[Token, ...]:
        """The active tokens, in the order they were made; with ``revoked`` also those that are not any more."""
        wanted = select(TokenRow).order_by(TokenRow.id)
        if not revoked:
            wanted = wanted.where(TokenRow.revoked_at.is_(None))
        with self._db.read() as session:
            return tuple(_token(row) for row in session.scalars(wanted))

    def revoke_token(self, token: str | int, *, who: str | None = None) -> Token:
        """Takes back a token, by name or id.

        Raises:
            UnknownRowError: No active token is called so.
        """
        meant = TokenRow.id == token if isinstance(token, int) else TokenRow.name == token
        with self._db.write() as session:
            row = session.scalar(select(TokenRow).where(meant, TokenRow.revoked_at.is_(None)))
            if row is None:
                raise UnknownRowError(f"no active token '{token}': 'reseen token list' names them")
            row.revoked_at = now()
            write_entry(session, "revoke token", {"token": row.name, "role": row.role}, who=who)
            session.flush()
            return _token(row)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=cast(Role, row.role),
        cameras=None if row.cameras is None else tuple(json.loads(row.cameras)),
        created_at=row.created_at,
        created_by=row.created_by,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
