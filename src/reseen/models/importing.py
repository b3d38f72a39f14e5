"""Taking in a user's own model."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Container
from pathlib import Path

from reseen.errors import InputError, UsageError
from reseen.models.card import Card, parse_card, write_card
from reseen.models.checksums import digest_file, fingerprint
from reseen.models.folders import MODEL_ENDINGS
from reseen.models.located import LocatedModel


def import_files(
    file: Path,
    card_path: Path,
    folder: Path,
    taken: Container[str],
    check: Callable[[LocatedModel], None] | None,
) -> LocatedModel:
    """Copy a model and its card into ``folder/NAME``, whole or not at all.

    Args:
        file: ``.onnx``, or ``.xml`` with its ``.bin`` beside it.
        card_path: The card; its ``versions`` are replaced by the checksums of these files.
        folder: The per-user models folder.
        taken: Names that are in use.
        check: Tries the copy before it gets its name.

    Raises:
        InputError: A file or the card cannot be used.
        UsageError: The name is taken.
    """
    sources = _files_of(file)
    card = _complete(card_path, sources)
    target = folder / card.name
    if card.name in taken or target.exists():
        raise UsageError(f"card {card_path}: a model called {card.name!r} exists already: choose another name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as temporary:
            place = Path(temporary) / card.name
            place.mkdir()
            for source in sources:
                shutil.copyfile(source, place / source.name)
            write_card(card, place / f"{file.stem}.toml")
            located = _located(card, place / file.name)
            if check is not None:
                check(located)
            place.rename(target)
    except OSError as error:
        raise InputError(f"model file {file}: cannot be copied to {folder} ({error.strerror or error})") from error
    return _located(card, target / file.name)


def _files_of(file: Path) -> tuple[Path, ...]:
    if not file.name.endswith(MODEL_ENDINGS):
        raise InputError(f"model file {file}: only .onnx, or .xml with its .bin, can be imported")
    sources = (file,) if file.suffix == ".onnx" else (file, file.with_suffix(".bin"))
    for source in sources:
        if not source.is_file():
            raise InputError(f"model file {source}: there is no such file")
    return sources


def _complete(card_path: Path, sources: tuple[Path, ...]) -> Card:
    try:
        data = tomllib.loads(card_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"card {card_path}: cannot be read ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"card {card_path}: is not valid TOML ({error})") from error
    files = [
        {"name": source.name, "size": source.stat().st_size, "sha256": digest_file(source).sha256} for source in sources
    ]
    return parse_card({**data, "versions": [{"files": files, "label": "imported"}]}, str(card_path))


def _located(card: Card, path: Path) -> LocatedModel:
    version = card.versions[0]
    parts = [(file.name, file.sha256 or "") for file in version.files]
    return LocatedModel(card, path, fingerprint(parts), version.label)
