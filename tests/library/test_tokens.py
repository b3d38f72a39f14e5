from __future__ import annotations

import json
from pathlib import Path

import pytest

from reseen.library import LibraryError, Store, UnknownRowError


def test_a_secret_leads_to_its_token_until_it_is_revoked(store: Store, folder: Path) -> None:
    with Store.open(folder) as reader:
        token, secret = reader.add_token("desk", "searcher", ["Gate 1", "Yard"], who="Ann")
        other, another = reader.add_token("door", "viewer")
    assert secret != another
    assert len(secret) >= 43
    known = store.token_of(secret)
    assert known is not None
    assert (known.id, known.name, known.role, known.cameras, known.created_by) == (
        token.id, "desk", "searcher", ("Gate 1", "Yard"), "Ann",
    )  # fmt: skip
    assert other.cameras is None
    assert store.token_of(secret[:-1]) is None
    assert store.token_of("") is None
    assert store.token_of("\ud800") is None
    store.revoke_token("desk", who="Ann")
    assert store.token_of(secret) is None
    assert store.token_of(another) is not None
    assert [one.name for one in store.tokens()] == ["door"]
    assert [one.name for one in store.tokens(revoked=True)] == ["desk", "door"]
    assert store.token(token.id).revoked_at is not None


def test_use_is_noted(store: Store) -> None:
    token, secret = store.add_token("desk", "viewer")
    assert token.used_at is None
    store.token_of(secret)
    used = store.token(token.id).used_at
    assert used is not None
    store.token_of(secret)
    assert store.token(token.id).used_at == used


def test_the_secret_is_nowhere_in_the_folder(store: Store, folder: Path) -> None:
    _, secret = store.add_token("desk", "admin")
    store.token_of(secret)
    content = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"desk" in content
    assert secret.encode() not in content
    assert secret.removeprefix("rsn_").encode() not in content


def test_tokens_are_entries_of_the_audit_log_without_their_secrets(store: Store) -> None:
    _, secret = store.add_token("desk", "admin", who="Ann")
    store.revoke_token(1, who="Bob")
    assert [(entry.action, entry.who) for entry in store.audit()] == [("create token", "Ann"), ("revoke token", "Bob")]
    assert json.loads(store.audit()[0].detail) == {"token": "desk", "role": "admin", "cameras": None}
    assert all(secret not in entry.detail for entry in store.audit())


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_names_that_are_none_are_refused(store: Store, name: str) -> None:
    with pytest.raises(LibraryError, match="a token needs a name"):
        store.add_token(name, "viewer")


def test_a_name_is_active_once(store: Store) -> None:
    store.add_token("desk", "viewer")
    with pytest.raises(LibraryError, match="there is a token named 'desk'"):
        store.add_token(" desk ", "admin")
    store.revoke_token("desk")
    assert store.add_token("desk", "viewer")[0].id == 2
    with pytest.raises(LibraryError, match="'owner' is no role"):
        store.add_token("door", "owner")  # type: ignore[arg-type]
    with pytest.raises(UnknownRowError, match="no active token 'nobody'"):
        store.revoke_token("nobody")
    with pytest.raises(UnknownRowError):
        store.revoke_token(1)
