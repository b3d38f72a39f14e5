"""Recipes as files."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from reseen.errors import InputError, UsageError
from reseen.training.settings import load_recipe

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "r.toml"
    path.write_text('name = "r"\n[[data.train]]\npath = "a.zip"\n[[phases]]\nuntil = 2\nimage_size = [64, 32]\n')
    return path


def test_changes(recipe: Path) -> None:
    changed = load_recipe(
        recipe,
        [
            "schedule.epochs=3",
            "data.root=/some/where",
            'name="other"',
            "model.clip.layers=2",
            "data.train.0.people=200",
            "losses.soft_margin=true",
            "augment.erase_area=[0.1, 0.2]",
        ],
    )
    assert changed.schedule.epochs == 3 and changed.name == "other"
    assert changed.data.root == Path("/some/where") and changed.data.train[0].people == 200
    assert changed.model.clip.layers == 2 and changed.losses.soft_margin
    assert changed.augment.erase_area == (0.1, 0.2)
    assert changed.image_size(1) == (64, 32) and changed.image_size(2) == changed.model.image_size


@pytest.mark.parametrize(
    "key",
    ["nonsense", "run.nonsense", "model.nonsense", "model.clip.nonsense", "losses.nonsense", "data.train.0.nonsense"],
)
def test_unknown_keys_are_refused(recipe: Path, key: str) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(recipe, [f"{key}=1"])
    assert "nonsense: no such setting" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["run.accumulate=0", 'run.precision="f8"', "seed=many", "model.widths=[1]"])
def test_values_that_do_not_fit(recipe: Path, change: str) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(recipe, [change])
    assert change.partition("=")[0] in str(caught.value) and "\n" not in str(caught.value)


def test_bad_files(tmp_path: Path, recipe: Path) -> None:
    with pytest.raises(InputError, match="no such recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_text("name = ")
    with pytest.raises(InputError, match="not a TOML file"):
        load_recipe(tmp_path / "x.toml")
    with pytest.raises(UsageError, match="key=value"):
        load_recipe(recipe, ["epochs"])
    for change in ("data.train.7.path=x", "data.train.x.path=y", "data.train.3=1"):
        with pytest.raises(UsageError, match="should be a number below"):
            load_recipe(recipe, [change])
    with pytest.raises(UsageError, match="name is not a table"):
        load_recipe(recipe, ["name.x=1"])


RECIPES = [path for path in sorted((ROOT / "configs").glob("*.toml")) if path.stem != "person_detector"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_shipped_recipes(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.data.train and recipe.data.validation
    assert not recipe.data.root.is_absolute()
    assert not any(Path(source.path).is_absolute() for source in recipe.data.train)


def test_variants_of_the_bundled_embedder() -> None:
    made = runpy.run_path(str(ROOT / "recipes" / "person_reid" / "make.py"))
    full, without, unlabelled = (load_recipe(made["CONFIG"], changes) for changes in made["VARIANTS"].values())
    assert [len(each.data.train) for each in (full, without, unlabelled)] == [4, 3, 2]
    assert not any("cuhk03" in source.path for source in without.data.train)
    assert all(source.unlabelled for source in unlabelled.data.train) and unlabelled.losses.triplet_weight == 0
    assert full.data.validation == without.data.validation == unlabelled.data.validation
    assert len({each.name for each in (full, without, unlabelled)}) == 3
