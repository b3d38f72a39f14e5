"""Access tokens: made, listed, revoked. A secret is shown once, when its token is made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel, Field

from reseen.app.access import Role, Who
from reseen.app.context import Here
from reseen.app.routing import Routes
from reseen.library.work_records import Token

routes = Routes("tokens")

Name = Annotated[str, Field(min_length=1, max_length=100)]


class TokenShown(BaseModel):
    """A token, without its secret."""

    id: int
    name: str
    role: Role
    cameras: list[str] | None = Field(description="The only cameras it may see; null for all.")
    created_at: datetime
    created_by: str
    used_at: datetime | None = Field(description="When it was last used, to the minute.")


class NewToken(BaseModel):
    """A token to be made; its name says whose it is, and their cases, exports and jobs go by it."""

    name: Name
    role: Role
    cameras: list[Name] | None = Field(None, min_length=1, max_length=200)


class MadeToken(TokenShown):
    """A token that was just made, with its secret, which is shown this once."""

    token: str


@routes.get("/tokens", role="admin")
def list_tokens(here: Here) -> list[TokenShown]:
    """The active tokens, in the order they were made."""
    return [_shown(token) for token in here.store.tokens()]


@routes.post("/tokens", role="admin", status_code=201)
def make_token(here: Here, who: Who, new: NewToken, response: Response) -> MadeToken:
    """Make a token; as soon as there is one, nobody comes in without."""
    token, secret = here.store.add_token(new.name, new.role, new.cameras, who=who.name)
    here.doors.tokens.changed()
    if who.token is None and who.session is None:
        # The local user came in because there was no token: they must not have locked themselves out.
        here.doors.sign_in(response, None)
    return MadeToken(**_shown(token).model_dump(), token=secret)


@routes.delete("/tokens/{token_id}", role="admin", status_code=204)
def revoke_token(here: Here, who: Who, token_id: Annotated[int, Path(ge=0, lt=2**63)]) -> None:
    """Revoke a token; what is open with it ends within seconds."""
    here.store.revoke_token(token_id, who=who.name)
    here.doors.tokens.changed()


def _shown(token: Token) -> TokenShown:
    return TokenShown(
        id=token.id,
        name=token.name,
        role=token.role,
        cameras=None if token.cameras is None else list(token.cameras),
        created_at=token.created_at,
        created_by=token.created_by,
        used_at=token.used_at,
    )
