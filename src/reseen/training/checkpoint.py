"""Files of a run: tensors as safetensors, everything else as JSON in their header; never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from reseen.errors import InputError
from reseen.training.whole import whole

FORMAT = "reseen-training-1"


@dataclass(frozen=True, eq=False)
class Saved:
    """The content of a checkpoint file.

    Attributes:
        tensors: Named tensors, on the CPU.
        facts: What is not a tensor.
    """

    tensors: dict[str, Tensor]
    facts: dict[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names start with ``prefix`` and a dot, without both."""
        start = len(prefix) + 1
        return {name[start:]: t for name, t in self.tensors.items() if name.startswith(prefix + ".")}


def save_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all; what was there before stays until the new one is complete.

    Raises:
        InputError: It could not be written (a full disk); the old file is untouched.
    """
    flat = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with whole(path, "checkpoint") as temporary:
        save_file(flat, temporary, metadata={"format": FORMAT, "facts": json.dumps(facts)})


def load_tensors(path: Path) -> Saved:
    """Read a checkpoint.

    Raises:
        InputError: The file is missing, damaged, or not one of ours.
    """
    try:
        with safe_open(path, framework="pt", device="cpu") as stream:
            header = stream.metadata() or {}
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such checkpoint") from error
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from error
    if header.get("format") != FORMAT:
        raise InputError(f"{path}: not a checkpoint of reseen train; give it to  reseen models import  instead")
    return Saved(tensors, json.loads(header["facts"]))


def load_weights(module: torch.nn.Module, tensors: Mapping[str, Tensor], shown: str) -> None:
    """Load weights, refusing another architecture in one line.

    Raises:
        InputError: A weight is missing, left over, or of another shape.
    """
    own = module.state_dict()
    missing, extra = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    if missing or extra:
        what = f"{missing[0]} is missing" if missing else f"{extra[0]} is not a weight of this model"
        raise InputError(f"{shown}: a checkpoint of another architecture ({what})")
    for name, value in own.items():
        if value.shape != tensors[name].shape:
            shapes = f"{tuple(tensors[name].shape)} instead of {tuple(value.shape)}"
            raise InputError(f"{shown}: a checkpoint of another architecture ({name} is {shapes})")
    module.load_state_dict(dict(tensors))


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's state as tensors, and the rest of it as plain values."""
    state = optimiser.state_dict()
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for index, values in state["state"].items():
        for key, value in values.items():
            name = f"{index}.{key}"
            if isinstance(value, Tensor):
                tensors[name] = value
            elif value is not None:
                plain[name] = value
    return tensors, plain


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]
) -> None:
    """The inverse of :func:`optimiser_tensors`; rates are the schedule's business and not restored."""
    state = optimiser.state_dict()
    fresh: dict[int, dict[str, Any]] = {}
    for name, value in (*tensors.items(), *plain.items()):
        index, key = name.split(".", 1)
        fresh.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": fresh, "param_groups": state["param_groups"]})
