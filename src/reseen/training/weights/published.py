"""The CLIP-ReID authors' checkpoints: which model they are of is read from their shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from reseen.errors import InputError
from reseen.training.models.clip_reid import ClipReid
from reseen.training.models.position import patch_grid
from reseen.training.models.spec import IMAGENET_MEAN, IMAGENET_STD, ClipSpec, ModelSpec
from reseen.training.tokenizer import KNOWN_PROMPTS
from reseen.training.weights.filling import fill
from reseen.training.weights.layouts import layout_of
from reseen.training.weights.reading import read_state

HALF = (0.5, 0.5, 0.5)
HEAD_WIDTH = 64
RESNET_STRIDE = 16


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model made from a checkpoint.

    Attributes:
        path: The file.
        spec: Which model it is of.
        num_classes: Identities it was trained on.
        model: Filled, in evaluation mode.
    """

    path: Path
    spec: ModelSpec
    num_classes: int
    model: ClipReid


def open_checkpoint(
    path: str | Path, image_size: tuple[int, int] = (256, 128), heads: tuple[int, int] | None = None
) -> Checkpoint:
    """Builds and fills the model of a published CLIP-ReID checkpoint.

    Args:
        path: The ``.pth`` or ``.safetensors`` file.
        image_size: ``(height, width)`` it was trained at.
        heads: Heads of image and text tower; None takes CLIP's rule of 64 values a head.

    Raises:
        InputError: The file cannot be read, or is not a CLIP-ReID checkpoint of that image size.
    """
    path = Path(path)
    state = read_state(path)
    if layout_of(state) != "clip_reid":
        raise InputError(f"{path}: not a CLIP-ReID checkpoint (no image_encoder in it)")
    try:
        spec = clip_spec(state, image_size, heads)
        num_classes = state["classifier.weight"].shape[0]
    except (KeyError, IndexError) as error:
        raise InputError(f"{path}: not a CLIP-ReID checkpoint (it lacks {error})") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    cameras = state["cv_embed"].shape[0] if "cv_embed" in state else 0
    with torch.device("meta"):  # shapes alone: the file brings all values
        model = ClipReid(spec, num_classes, cameras)
    model.to_empty(device="cpu")
    fill(model, state, path, set(model.state_dict()))
    for counter in (buffer for name, buffer in model.named_buffers() if name not in state):
        counter.zero_()
    return Checkpoint(path, spec, num_classes, model.eval())


def clip_spec(state: dict[str, Tensor], image_size: tuple[int, int], heads: tuple[int, int] | None = None) -> ModelSpec:
    """Reads the sizes of a model from a state dict with `ClipReid`'s names.

    Vectors of cameras and of camera-and-view pairs cannot be told apart there: they are taken for cameras.

    Raises:
        InputError: No stride fits the number of positions at `image_size`.
        KeyError: A tensor that tells a size is missing.
    """
    is_vit = "image_encoder.class_embedding" in state
    text_width = state["text_encoder.ln_final.weight"].shape[0]
    feature_dim = state["bottleneck.weight"].shape[0]
    image_heads, text_heads = heads or (feature_dim // HEAD_WIDTH, text_width // HEAD_WIDTH)
    context = state["text_encoder.positional_embedding"].shape[0]
    words = state["prompt_learner.cls_ctx"].shape[1]
    prompt = next(iter(KNOWN_PROMPTS))
    if prompt.count("X") != words:
        raise InputError(f"its sentences have {words} learnt words; only prompts of 4 are known")
    patch, stride = _patches(state, image_size) if is_vit else (RESNET_STRIDE, _resnet_stride(state, image_size))
    clip = ClipSpec(
        width=state["image_encoder.class_embedding" if is_vit else "image_encoder.bn3.weight"].shape[0],
        layers=_count(state, r"image_encoder\.transformer\.resblocks\.(\d+)\.") if is_vit else 1,
        heads=image_heads,
        patch=patch,
        stride=stride,
        blocks=_blocks(state),
        embed_dim=state["bottleneck_proj.weight"].shape[0],
        text_width=text_width,
        text_layers=_count(state, r"text_encoder\.transformer\.resblocks\.(\d+)\."),
        text_heads=text_heads,
        context_length=context,
        prompt=prompt,
        intermediate=-2 if is_vit and _count(state, r"image_encoder\.transformer\.resblocks\.(\d+)\.") > 1 else -1,
        camera_embedding="cv_embed" in state,
    )
    return ModelSpec(
        backbone="clip_vit" if is_vit else "clip_resnet",
        image_size=image_size,
        pixel_mean=HALF if is_vit else IMAGENET_MEAN,
        pixel_std=HALF if is_vit else IMAGENET_STD,
        embedding_dim=0,
        neck_feature="before",
        clip=clip,
    )


def _count(state: dict[str, Tensor], pattern: str) -> int:
    numbers = [int(match.group(1)) for key in state if (match := re.match(pattern, key))]
    if not numbers:
        raise KeyError(pattern.replace("\\", "").replace("(d+).", "0"))
    return max(numbers) + 1


def _blocks(state: dict[str, Tensor]) -> tuple[int, int, int, int]:
    if "image_encoder.class_embedding" in state:
        return (1, 1, 1, 1)
    first, second, third, fourth = (_count(state, rf"image_encoder\.layer{i}\.(\d+)\.") for i in range(1, 5))
    return first, second, third, fourth


def _patches(state: dict[str, Tensor], image_size: tuple[int, int]) -> tuple[int, int]:
    patch = state["image_encoder.conv1.weight"].shape[2]
    wanted = state["image_encoder.positional_embedding"].shape[0] - 1
    for stride in range(patch, 0, -1):
        rows, columns = patch_grid(image_size, patch, stride)
        if rows * columns == wanted:
            return patch, stride
    raise InputError(
        f"its {wanted} patch positions fit no stride at {image_size[0]}x{image_size[1]} pixels; "
        "name the image size it was trained at"
    )


def _resnet_stride(state: dict[str, Tensor], image_size: tuple[int, int]) -> int:
    wanted = state["image_encoder.attnpool.positional_embedding"].shape[0] - 1
    if (image_size[0] // RESNET_STRIDE) * (image_size[1] // RESNET_STRIDE) != wanted:
        raise InputError(
            f"its {wanted} positions do not fit {image_size[0]}x{image_size[1]} pixels; "
            "name the image size it was trained at"
        )
    return RESNET_STRIDE
