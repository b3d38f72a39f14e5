"""What ships inside the package: cards, and models that join it."""

from __future__ import annotations

import dataclasses
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from reseen.errors import InputError
from reseen.models import Catalogue, ModelFile, ModelMissing, ModelVersion, write_card
from reseen.models.checksums import digest_file
from tiny_networks import bright_card, bright_network, linear_network, reid_card


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "package"
    for folder in ("cards", "bundled"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr("reseen.models.catalogue.PACKAGE", root)
    return root


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "web").mkdir()
    linear_network(tmp_path / "web" / "far.onnx")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}/far.onnx"
        running.shutdown()
        thread.join()


def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.load(environment={}, user_folder=tmp_path / "user", cache_folder=tmp_path / "cache")


def test_bundled_models_are_the_pair_without_any_download(package: Path, tmp_path: Path) -> None:
    bright_network(package / "bundled" / "person-detector.onnx")
    linear_network(package / "bundled" / "person-reid.onnx")
    write_card(bright_card("person-detector"), package / "bundled" / "person-detector.toml")
    write_card(reid_card("person-reid"), package / "bundled" / "person-reid.toml")
    found = catalogue(tmp_path)
    assert found.best_pair() == ("person-detector", "person-reid")
    assert found.locate("person-reid").path == package / "bundled" / "person-reid.onnx"
    assert found.bundled("person-reid")
    with pytest.raises(ModelMissing, match="no download address"):
        (package / "bundled" / "person-reid.onnx").unlink()
        found.refresh()
        found.pull("person-reid")


def pulled_card(package: Path, tmp_path: Path, url: str, sha256: str | None) -> None:
    size = (tmp_path / "web" / "far.onnx").stat().st_size
    file = ModelFile(name="far.onnx", size=size, sha256=sha256, url=url)
    write_card(reid_card("far", versions=(ModelVersion(files=(file,)),)), package / "cards" / "far.toml")


def test_a_pulled_model_is_found_afterwards(package: Path, tmp_path: Path, address: str) -> None:
    pulled_card(package, tmp_path, address, digest_file(tmp_path / "web" / "far.onnx").sha256)
    found = catalogue(tmp_path)
    assert not found.present("far")
    seen: list[int] = []
    (located,) = found.pull("far", lambda _name, done, _total: seen.append(done))
    assert located.path == tmp_path / "user" / "far" / "far.onnx"
    assert seen[-1] == located.path.stat().st_size
    assert not found.bundled("far")
    (again,) = catalogue(tmp_path).pull("far")
    assert again.path == located.path


def test_a_pulled_model_without_checksum_is_pinned(package: Path, tmp_path: Path, address: str) -> None:
    pulled_card(package, tmp_path, address, None)
    (located,) = catalogue(tmp_path).pull("far")
    assert "pinned on first use" in located.notes[0]
    assert catalogue(tmp_path).locate("far").notes == ()


def test_a_wrong_download_leaves_nothing(package: Path, tmp_path: Path, address: str) -> None:
    pulled_card(package, tmp_path, address, "0" * 64)
    found = catalogue(tmp_path)
    with pytest.raises(InputError, match="nothing was kept"):
        found.pull("far")
    assert not found.present("far")
    assert [p for p in (tmp_path / "user").rglob("*") if p.is_file() and not p.name.startswith(".")] == []


def test_recommended_is_the_best_of_each_task(package: Path, tmp_path: Path, address: str) -> None:
    pulled_card(package, tmp_path, address, digest_file(tmp_path / "web" / "far.onnx").sha256)
    (tmp_path / "web" / "near.onnx").write_bytes(bright_network(tmp_path / "near.onnx").read_bytes())
    file = ModelFile(
        name="near.onnx",
        sha256=digest_file(tmp_path / "near.onnx").sha256,
        url=address.replace("far.onnx", "near.onnx"),
    )
    card = bright_card("near", versions=(ModelVersion(files=(file,)),), rank=1)
    write_card(card, package / "cards" / "near.toml")
    write_card(dataclasses.replace(bright_card("first"), rank=0), package / "cards" / "first.toml")
    found = catalogue(tmp_path)
    assert found.recommended() == ("near", "far"), "what has no address cannot be recommended"
    assert [located.card.name for located in found.pull("recommended")] == ["near", "far"]
    assert found.best_pair() == ("near", "far")


def test_what_is_bundled_gives_way_to_what_is_better_and_here(package: Path, tmp_path: Path) -> None:
    bright_network(package / "bundled" / "person-detector.onnx")
    linear_network(package / "bundled" / "person-reid.onnx")
    write_card(bright_card("person-detector", rank=50), package / "bundled" / "person-detector.toml")
    write_card(reid_card("person-reid", rank=50), package / "bundled" / "person-reid.toml")
    (tmp_path / "user").mkdir()
    linear_network(tmp_path / "user" / "better.onnx")
    write_card(reid_card("better", rank=40), tmp_path / "user" / "better.toml")
    assert catalogue(tmp_path).best_pair() == ("person-detector", "better")
