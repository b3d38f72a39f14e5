"""The layouts in which CLIP is published, brought to one: OpenAI's."""

from __future__ import annotations

import re
from typing import Literal

import torch
from torch import Tensor

Layout = Literal["clip_reid", "openai", "hugging_face", "backbone"]

NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size", "attn_mask", "logit_bias")

_BLOCK_PARTS = {
    "self_attn.out_proj": "attn.out_proj",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}
_HUGGING_FACE_NAMES = {
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm.weight": "visual.ln_pre.weight",
    "vision_model.pre_layrnorm.bias": "visual.ln_pre.bias",
    "vision_model.post_layernorm.weight": "visual.ln_post.weight",
    "vision_model.post_layernorm.bias": "visual.ln_post.bias",
    "visual_projection.weight": "visual.proj",
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.weight": "ln_final.weight",
    "text_model.final_layer_norm.bias": "ln_final.bias",
    "text_projection.weight": "text_projection",
    "logit_scale": "logit_scale",
}
_TRANSPOSED = ("visual_projection.weight", "text_projection.weight")
_TOWERS = {"vision_model": "visual.transformer", "text_model": "transformer"}
_HUGGING_FACE_BLOCK = re.compile(r"(vision_model|text_model)\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")


def layout_of(state: dict[str, Tensor]) -> Layout:
    """Tells in which layout a state dict is, by the names in it."""
    if any(key.startswith("image_encoder.") for key in state):
        return "clip_reid"
    if any(key.startswith("vision_model.") for key in state):
        return "hugging_face"
    if any(key.startswith("visual.") for key in state):
        return "openai"
    return "backbone"


def to_openai(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Brings OpenAI's, open_clip's or Hugging Face's layout to OpenAI's, as float32.

    open_clip keeps OpenAI's names, the text tower under ``text.`` in its newer models; Hugging Face splits
    the joint projection of an attention in three and transposes the last projections. Names that are not
    known are kept, so that the check against the model can tell of them.
    """
    if layout_of(state) == "hugging_face":
        state = _from_hugging_face(state)
    result: dict[str, Tensor] = {}
    for key, value in state.items():
        name = key.removeprefix("text.")
        if name.split(".")[-1] not in NOT_WEIGHTS:
            result[name] = value.float() if value.is_floating_point() else value
    return result


def _from_hugging_face(state: dict[str, Tensor]) -> dict[str, Tensor]:
    result: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.endswith("position_ids"):
            continue
        block = _HUGGING_FACE_BLOCK.fullmatch(key)
        if key in _HUGGING_FACE_NAMES:
            result[_HUGGING_FACE_NAMES[key]] = value.T if key in _TRANSPOSED else value
        elif block is None:
            result[key] = value
        else:
            tower, index, part, kind = block.groups()
            prefix = f"{_TOWERS[tower]}.resblocks.{index}"
            if part == "self_attn.q_proj":
                parts = [state[key.replace("q_proj", f"{name}_proj")] for name in "qkv"]
                result[f"{prefix}.attn.in_proj_{kind}"] = torch.cat(parts)
            elif part not in ("self_attn.k_proj", "self_attn.v_proj"):
                result[f"{prefix}.{_BLOCK_PARTS.get(part, part)}.{kind}"] = value
    return result


def to_clip_reid_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Renames OpenAI's layout to the towers of `ClipReid`; the token table and the scale stay as they are."""
    result: dict[str, Tensor] = {}
    for key, value in state.items():
        if key in ("token_embedding.weight", "logit_scale"):
            result[key] = value
        elif key.startswith("visual."):
            result["image_encoder." + key.removeprefix("visual.")] = value
        else:
            result["text_encoder." + key] = value
    return result
