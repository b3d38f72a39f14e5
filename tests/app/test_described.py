"""The interface is what its OpenAPI document says, whatever is sent: made-up requests to every operation."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.conftest import Running, Server, World, free_port
from reseen.app import AppSettings
from reseen.app.routes import ALL
from reseen.runtime import SessionSettings

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
OPERATIONS = [
    (entry.method, entry.described)
    for routes in ALL
    for entry in routes.table()
    # A stream of events never ends; the document does not describe itself.
    if entry.path.startswith("/api/") and not entry.path.endswith(("/events", "/openapi.json"))
]


def bounded(method: str) -> settings:
    """What only reads is asked less often."""
    return settings(
        max_examples=4 if method == "GET" else 8, derandomize=True, deadline=None, database=None,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.fixture(scope="module")
def live(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a copy of the library, which may be spoilt."""
    folder: Path = tmp_path_factory.mktemp("described")
    shutil.copytree(world.library, folder / "my.reseen")
    shutil.copytree(world.footage, folder / "footage")
    chosen = AppSettings(
        library=folder / "my.reseen", port=free_port(), roots=(folder / "footage",), workers=False,
        session=SessionSettings(threads=1), max_photo_bytes=1_000_000, max_upload_bytes=10_000_000,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(world.models))
        with Running(chosen) as server:
            yield server


@pytest.fixture(scope="module")
def document(live: Server) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{live.address}/api/v1/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def described(live: Server) -> Any:
    """The document as schemathesis reads it."""
    return schemathesis.openapi.from_url(f"{live.address}/api/v1/openapi.json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_whatever_is_asked_the_answer_is_as_described(described: Any, method: str, path: str) -> None:
    @given(case=described[path][method].as_strategy())
    @bounded(method)
    def ask(case: Any) -> None:
        case.call_and_validate(checks=list(CHECKS), timeout=60)

    ask()


def test_the_document_is_complete(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    operations = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    expected = {
        (entry.method, entry.described): entry.role
        for routes in ALL
        for entry in routes.table()
        if entry.path.startswith("/api/") and entry.path != "/api/v1/openapi.json"
    }
    assert set(operations) == set(expected)
    for (method, path), operation in operations.items():
        where = f"{method} {path}"
        assert operation["summary"] and operation["description"], where
        assert operation.get("x-role") == expected[method, path], where
        assert ("security" in operation) == (expected[method, path] is not None), where
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, where
        for status in good:
            content = operation["responses"][status].get("content", {})
            assert status == "204" or content, f"{where} does not say what it answers with"
            for kind, shape in content.items():
                assert kind != "application/json" or shape["schema"], f"{where} does not say what its JSON is"
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert "application/problem+json" in response["content"], f"{where}: {status}"
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)


def test_every_shape_is_described(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    assert "ProblemDocument" in shapes
    assert "HTTPValidationError" not in shapes
    assert [name for name, shape in shapes.items() if not shape.get("description") and "enum" not in shape
            and not name.startswith(("Body_", "Page_"))] == []  # fmt: skip
