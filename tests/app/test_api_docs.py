"""The examples of ``docs/api.md`` run as they stand, against the application with its workers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from app.conftest import Serve, Server, World
from cli.tiny_world import CYAN, YELLOW, Stay, write_clip
from reseen.library import Store

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def prepared(serve: Serve, world: World, footage: Path, tmp_path: Path) -> tuple[Server, dict[str, str], Path]:
    """A server with its workers, the environment of the examples, and their folder."""
    write_clip(footage / "new.mp4", 4.0, [Stay(CYAN, 1, 1, 0.5, 3.0)])
    write_clip(footage / "other.mp4", 4.0, [Stay(YELLOW, 2, 1, 0.5, 3.0)])
    server = serve(workers=True)
    store: Store = server.app.state.context.store
    _, secret = store.add_token("my-script", "admin")
    folder = tmp_path / "examples"
    folder.mkdir()
    with Image.open(world.photos / "two.png") as photo:
        photo.convert("RGB").save(folder / "photo.jpg", quality=95)
    (folder / "notes.txt").write_text("no photo")
    environment = {**os.environ, "RESEEN": server.address, "TOKEN": secret, "FOOTAGE": str(footage)}
    return server, environment, folder


def test_the_examples_run(prepared: tuple[Server, dict[str, str], Path]) -> None:
    if shutil.which("curl") is None or shutil.which("jq") is None:
        pytest.skip("curl and jq, with which the examples are written, are not here")
    server, environment, folder = prepared
    shell = ["bash", "-euo", "pipefail", "-c", "\n".join(blocks("bash"))]
    python = [sys.executable, "-W", "error", "-c", "\n".join(blocks("python"))]
    said = {}
    for name, command in (("bash", shell), ("python", python)):
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{name}:\n{done.stdout}\n{done.stderr}"
        said[name] = done.stdout
    assert "Gate 1" in said["bash"]
    assert '"status": 400' in said["bash"]
    assert "this token is not valid" in said["bash"]
    assert "2 people;" in said["python"]
    assert "100% done" in said["python"]
    assert "event: job" in said["bash"]
    store: Store = server.app.state.context.store
    assert {source.camera for source in store.sources()} == {"Gate 1", "Yard", "Gate 2"}
    actions = {entry.action for entry in store.audit() if entry.who == "my-script"}
    assert {"search", "verdict"} <= actions


def test_every_block_says_what_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    fences = re.findall(r"^```(\w*)$", text, re.MULTILINE)
    assert fences.count("bash") >= 4 and fences.count("python") >= 6
    assert set(fences) == {"", "bash", "python"}
