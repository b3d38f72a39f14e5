"""Which models there are, which of them are present, and where."""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import platformdirs

from reseen.errors import InputError, UsageError
from reseen.models.card import Card, Task, read_card
from reseen.models.checksums import ChecksumMemory, digest_file
from reseen.models.folders import Found, search_folders
from reseen.models.located import LocatedModel, ModelMissing, Verified, match_files
from reseen.models.pins import Pins

PACKAGE = Path(__file__).resolve().parent
FOLDER_VARIABLE = "RESEEN_MODELS"
RECOMMENDED = "recommended"
Progress = Callable[[str, int, int | None], None]


class Catalogue:
    """All known models: those shipped as cards, the bundled ones and the user's own.

    Args:
        folders: Folders to search, the first before the others.
        user_folder: Where downloads and imports go; searched too.
        memory: Checksums of earlier runs.
    """

    def __init__(self, folders: Sequence[Path], user_folder: Path, memory: ChecksumMemory) -> None:
        self.folder = user_folder
        self._folders = (*folders, user_folder, PACKAGE / "bundled")
        self._memory = memory
        self._pins = Pins(user_folder / "pins.json")

    @classmethod
    def load(
        cls,
        folders: Sequence[Path] = (),
        *,
        environment: Mapping[str, str] | None = None,
        user_folder: Path | None = None,
        cache_folder: Path | None = None,
    ) -> Catalogue:
        """The catalogue of this user on this machine.

        Searched are ``folders``, then those named by ``RESEEN_MODELS`` (several are separated as in
        ``PATH``), the per-user models folder and the models inside the package; subfolders too.

        Args:
            folders: More folders, searched first.
            environment: Instead of the process's environment.
            user_folder: Instead of the per-user models folder.
            cache_folder: Instead of the per-user cache folder.
        """
        named = (environment if environment is not None else os.environ).get(FOLDER_VARIABLE, "")
        chosen = [*folders, *(Path(part).expanduser() for part in named.split(os.pathsep) if part)]
        user = user_folder or platformdirs.user_data_path("reseen", appauthor=False) / "models"
        cache = cache_folder or platformdirs.user_cache_path("reseen", appauthor=False)
        return cls(chosen, user, ChecksumMemory(cache / "model-checksums.json"))

    @cached_property
    def _found(self) -> Found:
        return search_folders(self._folders)

    @cached_property
    def _read(self) -> tuple[dict[str, Card], tuple[str, ...]]:
        shipped = sorted((PACKAGE / "cards").glob("*.toml")) + sorted((PACKAGE / "bundled").glob("*.toml"))
        known: dict[str, Card] = {}
        for path in shipped:
            card = read_card(path)
            known.setdefault(card.name, card)
        problems: list[str] = []
        for path in self._found.cards:
            try:
                card = read_card(path)
            except InputError as error:
                problems.append(str(error))
                continue
            known.setdefault(card.name, card)
        ordered = sorted(known.values(), key=lambda card: (card.task, card.rank, card.name))
        return {card.name: card for card in ordered}, tuple(problems)

    @property
    def problems(self) -> tuple[str, ...]:
        """Cards in the searched folders that cannot be used, one line each."""
        return self._read[1]

    def cards(self, task: Task | None = None) -> tuple[Card, ...]:
        """The known cards, those of a task if named, in order of preference."""
        return tuple(card for card in self._read[0].values() if task in (None, card.task))

    def card(self, name: str) -> Card:
        """The card of a model.

        Raises:
            UsageError: No model has this name.
        """
        card = self._read[0].get(name)
        if card is None:
            close = difflib.get_close_matches(name, self._read[0], n=1)
            hint = f"did you mean {close[0]}?" if close else "see reseen models list"
            raise UsageError(f"no model is called {name!r}: {hint}")
        return card

    def locate(self, name: str) -> LocatedModel:
        """The verified files of a model; the first folder that has them wins.

        Raises:
            UsageError: No model has this name.
            ModelMissing: Its files are not here; the message says what to run.
        """
        card = self.card(name)
        strangers: list[Path] = []
        for main in self._candidates(card):
            located = match_files(card, main, self._pins, self._memory.digests)
            if located is not None:
                return located
            strangers.append(main)
        raise ModelMissing(self._how_to_get(card, strangers))

    def _candidates(self, card: Card) -> Iterator[Path]:
        names = dict.fromkeys(version.files[0].name for version in card.versions)
        for name in names:
            yield from self._found.models.get(name, ())

    def present(self, name: str) -> bool:
        """Whether a model's files are here and verified (its runtime may still be missing)."""
        try:
            self.locate(name)
        except ModelMissing:
            return False
        return True

    def bundled(self, name: str) -> bool:
        """Whether a model ships inside the package."""
        return (PACKAGE / "bundled" / self.card(name).main_name).exists()

    def _how_to_get(self, card: Card, strangers: Sequence[Path]) -> str:
        size = card.versions[0].size
        about = f" ({size / 1e6:.1f} MB)" if size else ""
        other = f"; {strangers[0]} has the name but not the checksum" if strangers else ""
        if card.downloadable:
            return (
                f"model {card.name} is not here{other}; run: reseen models pull {card.name}{about},"
                f" or set {FOLDER_VARIABLE} to a folder that holds {card.main_name}"
            )
        return (
            f"model {card.name} is not here{other}; it has no download address; put {card.main_name}"
            f" into a folder and set {FOLDER_VARIABLE} to it (source: {card.source})"
        )

    def best(self, task: Task) -> str:
        """Name of the preferred model of a task among those present and runnable.

        Raises:
            ModelMissing: There is none; the message says what to run.
        """
        unusable: Card | None = None
        for card in self.cards(task):
            if not self.present(card.name):
                continue
            if runtime_installed(card):
                return card.name
            unusable = unusable or card
        if unusable is not None:
            raise ModelMissing(
                f"model {unusable.name} is here but needs OpenVINO, which is not installed;"
                ' run: pip install "reseen[openvino]"'
            )
        what = "person detector" if task == "detection" else "re-identification model"
        raise ModelMissing(
            f"no {what} is here; run: reseen models pull {RECOMMENDED},"
            f" or set {FOLDER_VARIABLE} to a folder that holds models"
        )

    def best_pair(self) -> tuple[str, str]:
        """Names of the preferred detector and embedder that are present and runnable.

        Raises:
            ModelMissing: One of them is missing; the message says what to run.
        """
        return self.best("detection"), self.best("reid")

    def pair(self, detector: str | None = None, embedder: str | None = None) -> tuple[LocatedModel, LocatedModel]:
        """A detector and an embedder, located: those named, else the preferred ones that are here.

        Raises:
            ModelMissing: One of them is not here; the message says what to run.
            UsageError: A name is unknown, or that of a model made for something else.
        """
        found = self.locate(detector or self.best("detection")), self.locate(embedder or self.best("reid"))
        tasks: tuple[Task, ...] = ("detection", "reid")
        for model, task in zip(found, tasks, strict=True):
            if model.card.task != task:
                raise UsageError(f"{model.card.name} is made for {model.card.task}; see reseen models list")
        return found

    def recommended(self) -> tuple[str, ...]:
        """Names of the preferred detector and embedder that can be downloaded, here or not."""
        tasks: tuple[Task, ...] = ("detection", "reid")
        return tuple(next(card.name for card in self.cards(task) if card.downloadable) for task in tasks)

    def pull(self, name: str, progress: Progress | None = None) -> tuple[LocatedModel, ...]:
        """Download a model, or the recommended pair, into the per-user folder; what is there already is kept.

        Args:
            name: Name of a model, or ``recommended``.
            progress: Called with the file's name, bytes so far and bytes in all if known.

        Raises:
            UsageError: No model has this name.
            InputError: It cannot be downloaded, or what came has another checksum.
        """
        from reseen.models.download import download_version

        names = self.recommended() if name == RECOMMENDED else (name,)
        for each in names:
            card = self.card(each)
            if self.present(each):
                continue
            if not card.downloadable:
                raise ModelMissing(self._how_to_get(card, ()))
            download_version(card.versions[0], self.folder / card.name, progress)
            self.refresh()
        return tuple(self.locate(each) for each in names)

    def import_model(
        self, file: Path, card_path: Path, check: Callable[[LocatedModel], None] | None = None
    ) -> LocatedModel:
        """Copy a user's own model into the per-user folder, after trying it.

        Args:
            file: The ``.onnx`` (or ``.xml`` with its ``.bin`` beside it).
            card_path: Its card; ``versions`` may be left out, checksums are filled in.
            check: Loads and runs the copy before it gets its name, and raises if it does not do what its card
                says (``detection.check_detector``, ``embedding.check_embedder``).

        Raises:
            InputError: The file, its card or the check says no.
            UsageError: The name is taken by a model of the catalogue.
        """
        from reseen.models.importing import import_files

        taken = {card.name for card in self.cards()}
        located = import_files(file, card_path, self.folder, taken, check)
        self.refresh()
        return located

    def verify(self) -> Iterator[Verified]:
        """Read every present model's files again, trusting no remembered checksum."""
        for card in self.cards():
            for main in self._candidates(card):
                try:
                    good = match_files(card, main, self._pins, digest_file)
                    problem = None if good else "size or checksum is not one of the card's: pull it again"
                except InputError as error:
                    problem = str(error)
                yield Verified(card.name, main, problem)

    def refresh(self) -> None:
        """Look at the folders again."""
        for name in ("_found", "_read"):
            self.__dict__.pop(name, None)


def runtime_installed(card: Card) -> bool:
    """Whether the extra that a card requires is installed."""
    return card.requires is None or importlib.util.find_spec(card.requires) is not None
