"""Which model to build: the settings of the models, as a recipe's ``[model]`` table names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ClipSpec:
    """Sizes of a CLIP pair of towers; the defaults are ViT-B/16.

    Attributes:
        width: Width of the vision transformer, or of the residual net's first stage (64 for RN50).
        layers: Blocks of the vision transformer.
        heads: Heads of the vision transformer, or of the residual net's attention pool (32 for RN50).
        patch: Side of a patch in pixels (ViT).
        stride: Step between patches in pixels; below `patch`, patches overlap (ViT).
        blocks: Blocks of the four stages of the residual net.
        feature_dim: Width of the feature before projection (768; 2048 for RN50); 0 takes it from `width`.
        embed_dim: Width of the space shared by images and text.
        text_width: Width of the text transformer.
        text_layers: Blocks of the text transformer.
        text_heads: Heads of the text transformer.
        context_length: Tokens of a text.
        vocab_size: Rows of the token table.
        prompt: The sentence whose ``X`` are learnt per identity in the first stage.
        activation: ``quick_gelu`` (OpenAI's weights) or ``gelu`` (most of open_clip's).
        intermediate: Which block's class token is the third feature, counted from the end (-2: the last but
            one), ViT only.
        camera_embedding: Learn one vector per camera, added to the class token.
        view_embedding: Learn one vector per view; with `camera_embedding` one per pair of both.
        embedding_scale: Factor of these vectors.
        camera_dropout: Share of training images whose camera and view are hidden, so that the network also
            learns the case of an unknown camera.
        memory_slots: Slots of the memory bank attended by the class token instead of camera vectors; 0: none.
        memory_heads: Heads of that attention.
        memory_block: After how many blocks the class token looks into the memory bank.
    """

    width: int = 768
    layers: int = 12
    heads: int = 12
    patch: int = 16
    stride: int = 16
    blocks: tuple[int, int, int, int] = (3, 4, 6, 3)
    feature_dim: int = 0
    embed_dim: int = 512
    text_width: int = 512
    text_layers: int = 12
    text_heads: int = 8
    context_length: int = 77
    vocab_size: int = 49408
    prompt: str = "A photo of a X X X X person."
    activation: Literal["quick_gelu", "gelu"] = "quick_gelu"
    intermediate: int = -2
    camera_embedding: bool = False
    view_embedding: bool = False
    embedding_scale: float = 3.0
    camera_dropout: float = 0.0
    memory_slots: int = 0
    memory_heads: int = 1
    memory_block: int = 1


@dataclass(frozen=True)
class ModelSpec:
    """Which network, and its sizes.

    Attributes:
        backbone: ``residual``, ``osnet``, ``osnet_ain``, ``resnet50``, ``resnet50_ibn``, ``clip_vit``,
            ``clip_resnet``, or ``timm:NAME`` for a model of timm.
        image_size: ``(height, width)`` in pixels.
        pixel_mean: Per channel (R, G, B), of values in 0..1.
        pixel_std: Per channel (R, G, B), of values in 0..1.
        embedding_dim: Length of the embedding; 0 leaves the backbone's own width (CLIP models always do).
        width: Factor of all channel numbers (OSNet, residual).
        widths: Channels of the four stages (residual).
        depths: Blocks of the four stages (residual).
        instance_norm_stages: How many of the first stages end with instance norm (residual).
        last_stride: Stride of the last stage, 1 or 2 (residual, ResNet-50).
        pooling: How the last map becomes a vector.
        neck_feature: Whether the embedding is read before or after the batch norm of the neck.
        dropout: Share of feature values dropped before the classifier.
        pretrained: With ``timm:NAME``: whether timm should load its own weights.
        clip: Sizes of the CLIP towers (``clip_vit``, ``clip_resnet``).
    """

    backbone: str = "residual"
    image_size: tuple[int, int] = (256, 128)
    pixel_mean: tuple[float, float, float] = IMAGENET_MEAN
    pixel_std: tuple[float, float, float] = IMAGENET_STD
    embedding_dim: int = 256
    width: float = 1.0
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    depths: tuple[int, int, int, int] = (2, 3, 4, 3)
    instance_norm_stages: int = 2
    last_stride: int = 1
    pooling: Literal["average", "max", "gem"] = "average"
    neck_feature: Literal["before", "after"] = "after"
    dropout: float = 0.0
    pretrained: bool = False
    clip: ClipSpec = field(default_factory=ClipSpec)
