from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest

from reseen.errors import InputError, UsageError
from reseen.models import Card, Catalogue, LocatedModel, ModelFile, ModelMissing, ModelVersion, write_card
from reseen.models.catalogue import PACKAGE
from reseen.models.checksums import ChecksumMemory, digest_file, fingerprint
from tiny_networks import bright_card, bright_network, linear_network, reid_card


@pytest.fixture(scope="module")
def cards_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with its cards and none of the models bundled with it."""
    root = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE / "cards", root / "cards")
    return root


@pytest.fixture(autouse=True)
def nothing_bundled(cards_alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reseen.models.catalogue.PACKAGE", cards_alone)


def catalogue(tmp_path: Path, *folders: Path, environment: dict[str, str] | None = None) -> Catalogue:
    return Catalogue.load(
        folders,
        environment=environment or {},
        user_folder=tmp_path / "user",
        cache_folder=tmp_path / "cache",
    )


def pinned(card: Card, *paths: Path) -> Card:
    files = tuple(
        ModelFile(name=path.name, size=path.stat().st_size, sha256=digest_file(path).sha256) for path in paths
    )
    return dataclasses.replace(card, versions=(ModelVersion(files=files),))


def put_model(folder: Path, name: str = "tiny-reid", **changes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = linear_network(folder / f"{name}.onnx")
    write_card(pinned(reid_card(name, **changes), path), folder / f"{name}.toml")
    return path


def test_without_files_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        catalogue(tmp_path).locate("yolox_nano")
    assert "run: reseen models pull yolox_nano (3.7 MB)" in str(caught.value)
    assert "RESEEN_MODELS" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_downloaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"no download address.*osnet_x0_25_msmt17.onnx"):
        catalogue(tmp_path).locate("osnet_x0_25_msmt17")
    with pytest.raises(ModelMissing, match="no download address"):
        catalogue(tmp_path).pull("osnet_x0_25_msmt17")


def test_an_unknown_name_gets_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean yolox_nano"):
        catalogue(tmp_path).card("yolox_nanno")


def test_cards_are_in_order_of_preference(tmp_path: Path) -> None:
    cards = catalogue(tmp_path).cards("reid")
    assert [card.rank for card in cards] == sorted(card.rank for card in cards)
    assert {card.task for card in catalogue(tmp_path).cards()} == {"detection", "reid"}


def test_a_model_in_a_subfolder_with_its_card_is_found(tmp_path: Path) -> None:
    path = put_model(tmp_path / "models" / "deep" / "er")
    located = catalogue(tmp_path, environment={"RESEEN_MODELS": str(tmp_path / "models")}).locate("tiny-reid")
    assert located.path == path
    assert located.sha256 == digest_file(path).sha256


def test_several_folders_can_be_named(tmp_path: Path) -> None:
    put_model(tmp_path / "a", "one")
    put_model(tmp_path / "b", "two")
    both = os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "none")])
    found = catalogue(tmp_path, environment={"RESEEN_MODELS": both})
    assert found.present("one")
    assert found.present("two")


def test_hidden_folders_are_not_entered(tmp_path: Path) -> None:
    put_model(tmp_path / "models" / ".trash")
    with pytest.raises(UsageError):
        catalogue(tmp_path, tmp_path / "models").card("tiny-reid")


def test_another_content_is_not_the_model(tmp_path: Path) -> None:
    path = put_model(tmp_path / "models")
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelMissing, match="has the name but not the checksum"):
        catalogue(tmp_path, tmp_path / "models").locate("tiny-reid")


def test_a_wrong_file_in_front_does_not_hide_a_right_one(tmp_path: Path) -> None:
    path = put_model(tmp_path / "b")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / path.name).write_bytes(b"something else")
    assert catalogue(tmp_path, tmp_path / "a", tmp_path / "b").locate("tiny-reid").path == path


def test_a_second_version_may_have_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    path = put_model(folder)
    digests = digest_file(path)
    renamed = path.rename(folder / "renamed.onnx")
    versions = (
        ModelVersion(files=(ModelFile(name="tiny-reid.onnx", sha256="0" * 64),)),
        ModelVersion(files=(ModelFile(name="renamed.onnx", sha384=digests.sha384),), label="second"),
    )
    write_card(reid_card(versions=versions), folder / "renamed.toml")
    located = catalogue(tmp_path, folder).locate("tiny-reid")
    assert (located.path, located.label) == (renamed, "second")


def test_no_published_checksum_is_pinned_on_first_use(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    path = put_model(folder)
    write_card(reid_card(), folder / "tiny-reid.toml")
    first = catalogue(tmp_path, folder).locate("tiny-reid")
    assert "pinned on first use" in first.notes[0]
    assert catalogue(tmp_path, folder).locate("tiny-reid").notes == ()
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelMissing, match="not the checksum"):
        catalogue(tmp_path, folder).locate("tiny-reid")


def test_a_broken_card_of_somebody_is_passed_over_and_said(tmp_path: Path) -> None:
    put_model(tmp_path / "models")
    (tmp_path / "models" / "tiny-reid.toml").write_text("name = 'tiny-reid'")
    found = catalogue(tmp_path, tmp_path / "models")
    assert len(found.problems) == 1
    assert "tiny-reid.toml" in found.problems[0]
    assert found.cards("reid")


def test_a_shipped_name_cannot_be_taken(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    path = linear_network(folder / "x.onnx")
    write_card(pinned(reid_card("yolox_nano"), path), folder / "x.toml")
    assert catalogue(tmp_path, folder).card("yolox_nano").task == "detection"


def test_best_prefers_by_rank_among_the_present(tmp_path: Path) -> None:
    put_model(tmp_path / "models", "second", rank=2)
    put_model(tmp_path / "models", "first", rank=1)
    found = catalogue(tmp_path, tmp_path / "models")
    assert found.best("reid") == "first"
    with pytest.raises(ModelMissing, match=r"no person detector is here.*pull recommended"):
        found.best_pair()


def test_best_passes_over_what_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reseen.models.catalogue.runtime_installed", lambda card: card.requires is None)
    put_model(tmp_path / "models", "needs", rank=1, requires="openvino")
    found = catalogue(tmp_path, tmp_path / "models")
    with pytest.raises(ModelMissing, match=r'needs OpenVINO.*pip install "reseen\[openvino\]"'):
        found.best("reid")
    put_model(tmp_path / "models", "plain", rank=2)
    found.refresh()
    assert found.best("reid") == "plain"


def test_recommended_can_be_downloaded(tmp_path: Path) -> None:
    found = catalogue(tmp_path)
    names = found.recommended()
    assert [found.card(name).task for name in names] == ["detection", "reid"]
    assert all(found.card(name).downloadable for name in names)


def test_the_given_files_are_all_known(tmp_path: Path, model_files: Path) -> None:
    found = catalogue(tmp_path, environment={"RESEEN_MODELS": str(model_files)})
    present = {card.name for card in found.cards() if found.present(card.name)}
    assert present >= {
        "person-detection-0201",
        "person-detection-retail-0013",
        "yolox_nano",
        "nanodet_m_416",
        "osnet_x0_25_msmt17",
        "osnet_x0_5_msmt17",
        *(f"person-reidentification-retail-{number}" for number in ("0277", "0286", "0287", "0288")),
    }
    assert all(result.problem is None for result in found.verify())
    weights = fingerprint([("a.xml", "1" * 64), ("a.bin", "2" * 64)])
    assert weights != fingerprint([("a.xml", "1" * 64), ("a.bin", "3" * 64)])


def test_verify_reads_again(tmp_path: Path) -> None:
    path = put_model(tmp_path / "models")
    found = catalogue(tmp_path, tmp_path / "models")
    assert [result.problem for result in found.verify()] == [None]
    stamp = path.stat()
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    (result,) = found.verify()
    assert result.problem is not None
    assert "pull it again" in result.problem


def test_checksums_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"one")
    memory = ChecksumMemory(tmp_path / "cache" / "m.json")
    first = memory.digests(path)
    assert ChecksumMemory(tmp_path / "cache" / "m.json").digests(path) == first
    key = json.loads((tmp_path / "cache" / "m.json").read_text())
    assert list(key) == [str(path.resolve())]
    path.write_bytes(b"another")
    assert memory.digests(path) != first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [1]}'])
def test_a_spoilt_memory_costs_time_only(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.json").write_text(content)
    (tmp_path / "x.onnx").write_bytes(b"one")
    assert ChecksumMemory(tmp_path / "m.json").digests(tmp_path / "x.onnx") == digest_file(tmp_path / "x.onnx")


def user_files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "mine").mkdir()
    model = linear_network(tmp_path / "mine" / "net.onnx")
    write_card(reid_card("my-reid"), tmp_path / "mine" / "card.toml")
    return model, tmp_path / "mine" / "card.toml"


def test_import_copies_and_pins(tmp_path: Path) -> None:
    model, card = user_files(tmp_path)
    tried: list[LocatedModel] = []
    found = catalogue(tmp_path)
    located = found.import_model(model, card, tried.append)
    assert tried[0].path.name == "net.onnx"
    assert located.path == tmp_path / "user" / "my-reid" / "net.onnx"
    again = catalogue(tmp_path).locate("my-reid")
    assert (again.path, again.sha256) == (located.path, digest_file(model).sha256)
    assert catalogue(tmp_path).best("reid") == "my-reid"


def test_import_keeps_nothing_when_the_check_fails(tmp_path: Path) -> None:
    model, card = user_files(tmp_path)

    def refuse(_: LocatedModel) -> None:
        raise InputError("it does not run")

    with pytest.raises(InputError, match="does not run"):
        catalogue(tmp_path).import_model(model, card, refuse)
    assert list((tmp_path / "user").iterdir()) == []


def test_import_refuses_a_taken_name_and_odd_files(tmp_path: Path) -> None:
    model, card = user_files(tmp_path)
    catalogue(tmp_path).import_model(model, card)
    with pytest.raises(UsageError, match="exists already"):
        catalogue(tmp_path).import_model(model, card)
    with pytest.raises(InputError, match=r"only \.onnx"):
        catalogue(tmp_path).import_model(card, card)
    with pytest.raises(InputError, match="no such file"):
        catalogue(tmp_path).import_model(tmp_path / "none.onnx", card)


def test_a_detector_can_be_imported(tmp_path: Path) -> None:
    model = bright_network(tmp_path / "d.onnx")
    write_card(bright_card("my-detector", rank=1), tmp_path / "d.toml")
    found = catalogue(tmp_path)
    found.import_model(model, tmp_path / "d.toml")
    assert found.best("detection") == "my-detector"
