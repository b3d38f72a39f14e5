"""Weights into a model: every name and shape is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from reseen.errors import InputError
from reseen.training.models.clip_reid import ClipReid
from reseen.training.models.interface import ReidModel
from reseen.training.models.neck import NeckModel
from reseen.training.models.position import resize_positions
from reseen.training.weights.layouts import Layout, layout_of, to_clip_reid_names, to_openai
from reseen.training.weights.osnet_names import HEADS as OSNET_HEADS
from reseen.training.weights.osnet_names import from_torchreid, is_torchreid_osnet
from reseen.training.weights.reading import read_state

PER_IDENTITY = ("classifier.weight", "classifier_proj.weight", "prompt_learner.cls_ctx")
POSITIONS = ("image_encoder.positional_embedding", "image_encoder.attnpool.positional_embedding")
CLIP_ONLY = ("token_embedding.weight", "logit_scale")
TOWERS = ("image_encoder.", "text_encoder.")
PUBLISHED_HEADS = ("fc.weight", "fc.bias", "classifier.weight", "classifier.bias")


@dataclass(frozen=True)
class LoadedWeights:
    """What was loaded.

    Attributes:
        path: The file.
        layout: Its layout.
        fresh: Names of the model's tensors that were left as they were.
        left_out: Names in the file that the model has no use for.
    """

    path: Path
    layout: Layout
    fresh: tuple[str, ...]
    left_out: tuple[str, ...]


def load_weights(model: ReidModel, path: str | Path) -> LoadedWeights:
    """Fills a model from a file, whatever published layout it is in.

    CLIP weights fill the towers of a `ClipReid` and the fixed words of its prompt, position embeddings
    resized. CLIP-ReID checkpoints fill everything; what belongs to identities stays fresh where their
    number differs. Other models take a state dict of their own or of their backbone (torchvision's
    ResNet-50, IBN-Net's, torchreid's OSNet and OSNet-AIN).

    Raises:
        InputError: The file cannot be read, or is of another architecture; the model is then unchanged.
    """
    path = Path(path)
    state = read_state(path)
    layout = layout_of(state)
    if isinstance(model, ClipReid):
        return _fill_clip_reid(model, state, layout, path)
    if not isinstance(model, NeckModel):
        raise InputError(f"{path}: no weights can be loaded into a {type(model).__name__}")
    if layout != "backbone":
        raise InputError(f"{path}: these are weights of CLIP; the model's backbone is another one")
    return _fill_neck_model(model, state, path)


def _fill_clip_reid(model: ClipReid, state: dict[str, Tensor], layout: Layout, path: Path) -> LoadedWeights:
    if layout == "backbone":
        raise InputError(f"{path}: neither CLIP's nor CLIP-ReID's weights (no vision tower in it)")
    own = model.state_dict()
    if layout == "clip_reid":
        differing = [k for k in PER_IDENTITY if k in state and state[k].shape != own[k].shape]
        given = {key: value for key, value in state.items() if key not in differing}
        wanted = set(own) - set(differing) - {key for key in own if key.startswith("memory_bank.")}
        fill(model, given, path, wanted)
        return LoadedWeights(path, layout, tuple(sorted(set(own) - set(given))), tuple(differing))
    given = to_clip_reid_names(to_openai(state))
    table = given.get("token_embedding.weight")
    given = {key: value for key, value in given.items() if key not in CLIP_ONLY}
    for key in POSITIONS:
        if key in given and given[key].shape != own.get(key, given[key]).shape:
            given[key] = resize_positions(given[key], model.image_encoder.grid)
    if table is None or table.shape != (model.spec.clip.vocab_size, model.spec.clip.text_width):
        shape = "none" if table is None else tuple(table.shape)
        expected = (model.spec.clip.vocab_size, model.spec.clip.text_width)
        raise InputError(f"{path}: another architecture: its token table is {shape}, expected {expected}")
    fill(model, given, path, {key for key in own if key.startswith(TOWERS)})
    with torch.no_grad():
        model.prompt_learner.fill_from_table(table)
    filled = set(given) | {"prompt_learner.token_prefix", "prompt_learner.token_suffix"}
    return LoadedWeights(path, layout, tuple(sorted(set(own) - filled)), CLIP_ONLY)


def _fill_neck_model(model: NeckModel, state: dict[str, Tensor], path: Path) -> LoadedWeights:
    own = model.state_dict()
    if any(key.startswith("backbone.") for key in state):
        differing = [k for k in PER_IDENTITY if k in own and k in state and state[k].shape != own[k].shape]
        unused = [key for key in PER_IDENTITY if key in state and key not in own]
        given = {key: value for key, value in state.items() if key not in (*differing, *unused)}
        fill(model, given, path, {key for key in own if key not in PER_IDENTITY})
        return LoadedWeights(path, "backbone", tuple(sorted(set(own) - set(given))), (*differing, *unused))
    if is_torchreid_osnet(state):
        heads = tuple(key for key in state if key.startswith(OSNET_HEADS))
        given = from_torchreid(state)
    else:
        heads = tuple(key for key in state if key in PUBLISHED_HEADS)
        given = {key: value for key, value in state.items() if key not in heads}
    fill(model.backbone, given, path, set(model.backbone.state_dict()))
    fresh = sorted(key for key in own if not key.startswith("backbone."))
    return LoadedWeights(path, "backbone", tuple(fresh), heads)


def fill(model: nn.Module, state: dict[str, Tensor], path: Path, wanted: set[str]) -> None:
    """Copies tensors into a model after checking all of them.

    Args:
        model: To fill.
        state: Tensors by the model's names.
        path: Where they come from, for the message.
        wanted: Names that must be there.

    Raises:
        InputError: A wanted tensor is missing, one has no place in the model, or another shape.
    """
    own = model.state_dict()
    counters = {key for key in wanted if key.endswith("num_batches_tracked")}
    problems = [f"it has no '{key}'" for key in sorted(wanted - counters - set(state))]
    problems += [f"the model has no '{key}'" for key in state if key not in own]
    for key, value in state.items():
        if key in own and value.shape != own[key].shape:
            problems.append(f"'{key}' is {_shape(value)}, the model has {_shape(own[key])}")
    if problems:
        raise InputError(f"{path}: weights of another architecture: {_summary(problems)}")
    with torch.no_grad():
        for key, value in state.items():
            own[key].copy_(value)


def _shape(tensor: Tensor) -> str:
    return "x".join(str(size) for size in tensor.shape) or "one number"


def _summary(problems: Sequence[str]) -> str:
    more = f", and {len(problems) - 1} more like it" if len(problems) > 1 else ""
    return problems[0] + more
