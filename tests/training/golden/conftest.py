"""The golden files, read into this project's models; every size comes from the folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from reseen.training.models import ClipSpec, ModelSpec
from reseen.training.models.clip_reid import ClipReid

TOWERS = ("vit", "rn")
MARGINS: dict[str, tuple[float, float]] = {}


@dataclass(frozen=True)
class Reference:
    """The folder of golden files."""

    folder: Path
    margins: dict[str, tuple[float, float]] = field(default_factory=lambda: MARGINS)

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def npz(self, name: str) -> dict[str, NDArray[Any]]:
        with np.load(self.folder / name) as file:
            return dict(file)

    @cached_property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.json("config.json")
        return config

    def bar(self, name: str, key: str) -> float:
        return float(self.config["tolerances"][name][key])

    def sizes(self, tower: str) -> dict[str, Any]:
        sizes: dict[str, Any] = self.config["models"][tower]
        return sizes

    def spec(self, tower: str, **clip: Any) -> ModelSpec:
        sizes = self.sizes(tower)
        shape = {"layers": sizes["layers"]} if "layers" in sizes else {"blocks": tuple(sizes["blocks"])}
        return ModelSpec(
            backbone="clip_vit" if "layers" in sizes else "clip_resnet",
            image_size=tuple(sizes["image_size"]),
            pixel_mean=tuple(sizes["mean"]),
            pixel_std=tuple(sizes["std"]),
            neck_feature="before",
            clip=ClipSpec(
                width=sizes["width"],
                heads=sizes["heads"],
                patch=sizes["patch"],
                stride=sizes["stride"],
                embed_dim=sizes["embed_dim"],
                text_width=sizes["txt_width"],
                text_layers=sizes["txt_layers"],
                text_heads=sizes["txt_heads"],
                context_length=sizes["context_length"],
                vocab_size=sizes["vocab_size"],
                prompt=sizes["prompt"],
                embedding_scale=sizes["sie_coe"],
                **shape,
                **clip,
            ),
        )

    def weights(self, tower: str) -> dict[str, torch.Tensor]:
        return load_file(self.folder / f"{tower}.weights.safetensors")

    def model(self, tower: str, cv_embed: NDArray[Any] | None = None, **clip: Any) -> ClipReid:
        sizes = self.sizes(tower)
        model = ClipReid(
            self.spec(tower, **clip),
            sizes["classes"],
            sizes["cams"],
            sizes["views"],
            token_ids=self.npz(f"{tower}.prompt.npz")["tokenized_prompts"][0].tolist(),
        )
        weights = self.weights(tower)
        if cv_embed is not None:
            weights["cv_embed"] = torch.from_numpy(cv_embed)
        model.load_state_dict(weights, strict=True)
        return model.eval()

    def pixels(self, tower: str, images: NDArray[np.uint8]) -> torch.Tensor:
        sizes = self.sizes(tower)
        mean = torch.tensor(sizes["mean"]).view(3, 1, 1)
        std = torch.tensor(sizes["std"]).view(3, 1, 1)
        return (torch.from_numpy(images).float() / 255 - mean) / std

    def check(self, what: str, value: float, bar: float) -> None:
        """Asserts that a measured difference is within its bar, and keeps the worst for the summary."""
        worst = self.margins.get(what, (0.0, bar))
        if value / bar >= worst[0] / worst[1]:
            self.margins[what] = (value, bar)
        assert value <= bar, f"{what}: {value:.3g} is over the bar {bar:.3g}"

    def close(self, what: str, value: Any, expected: Any, bar: float) -> None:
        """Checks the largest difference as a share of the largest expected absolute value."""
        got, want = as_array(value), as_array(expected)
        assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
        largest = np.abs(want).max()
        self.check(what, float(np.abs(got - want).max() / (largest if largest > 0 else 1.0)), bar)


def as_array(value: Any) -> NDArray[np.float64]:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


@pytest.fixture(scope="session")
def reference(golden: Path) -> Iterator[Reference]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Reference(golden)
    torch.set_num_threads(threads)


@pytest.fixture(params=TOWERS)
def tower(request: pytest.FixtureRequest, reference: Reference) -> str:
    name = str(request.param)
    if name not in reference.config["models"]:
        pytest.skip(f"the set has no model '{name}'")
    return name


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if MARGINS and terminalreporter.config.get_verbosity() >= 0:
        terminalreporter.section("golden files: worst difference and its bar")
        for what, (value, bar) in sorted(MARGINS.items()):
            terminalreporter.write_line(f"{what:44} {value:9.2e} of {bar:7.1e} ({value / bar:6.1%})")
