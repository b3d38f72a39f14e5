"""What two processes do together in a test; a module of its own, since a new process imports it by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from reseen.training.loop import Loop
from reseen.training.run import _work
from reseen.training.settings import Recipe


class StoppedError(Exception):
    """The run was killed."""


def whole_and_cut(fabric: Fabric, recipe: Recipe, root: Path, steps: int) -> None:
    """Train in ``whole``; train in ``cut`` for some steps and go on; note what each process drew and saw."""
    plain = Loop._step
    seen: list[dict[str, Any]] = []

    def noted(self: Loop, batches: Any, step: int) -> dict[str, float]:
        values = plain(self, batches, step)
        people = sorted(set(self.pictures.labels[batches[step]].tolist()))
        seen.append({"drawn": torch.rand(4).tolist(), "people": people, "total": values["total"]})
        return values

    def stopping(self: Loop, batches: Any, step: int) -> dict[str, float]:
        if self.position.epoch * len(batches) + step >= steps:
            raise StoppedError
        return plain(self, batches, step)

    Loop._step = noted  # type: ignore[method-assign]
    _work(fabric, recipe, root / "whole", False, 30)
    (root / f"seen-{fabric.global_rank}.json").write_text(json.dumps(seen))
    Loop._step = stopping  # type: ignore[method-assign]
    try:
        _work(fabric, recipe, root / "cut", False, 30)
    except StoppedError:
        fabric.barrier()
    Loop._step = plain  # type: ignore[method-assign]
    torch.rand(17 + fabric.global_rank)  # what a process does in between does not matter
    _work(fabric, recipe, root / "cut", True, 30)
