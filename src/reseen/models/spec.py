"""What a network wants and says: its input, and how its outputs are read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Side = Annotated[int, Field(ge=16, le=4096)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Triple = tuple[float, float, float]


@dataclass(frozen=True, config=STRICT)
class InputSpec:
    """From a BGR picture to the tensor: the part of a model that nobody can see in its file.

    A pixel value ``v`` (0..255) of a channel becomes ``(v / divisor - mean) / std``, in float32.

    Attributes:
        width: Width of the input in pixels.
        height: Height of the input in pixels.
        colour: Channel order of the tensor. ``mean`` and ``std`` follow this order.
        resize: ``stretch`` scales both sides to the input; ``letterbox`` keeps the aspect, puts the picture
            into the top left corner and fills the rest.
        rounding: How a letterboxed side becomes whole pixels: ``floor`` as YOLOX does, or ``nearest``.
        fill: Pixel value of the letterbox's empty part, before ``divisor``, ``mean`` and ``std``.
        interpolation: ``linear``, ``cubic`` or ``area`` as OpenCV has them, on uint8.
        divisor: See above; 1 or 255 as a rule.
        mean: See above, one number a channel.
        std: See above, one number a channel.
    """

    width: Side
    height: Side
    colour: Literal["BGR", "RGB"]
    resize: Literal["stretch", "letterbox"] = "stretch"
    rounding: Literal["floor", "nearest"] = "floor"
    fill: Annotated[int, Field(ge=0, le=255)] = 0
    interpolation: Literal["linear", "cubic", "area"] = "linear"
    divisor: Annotated[float, Field(gt=0)] = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)

    @model_validator(mode="after")
    def _divisible(self) -> InputSpec:
        if min(self.std) <= 0:
            raise ValueError("std must be above 0")
        return self


@dataclass(frozen=True, config=STRICT)
class DetectorSpec:
    """How the outputs of a detector are read.

    Attributes:
        score_threshold: The score from which a box counts as a person (the *high* threshold of the tracker).
        person_class: Number of the class *person* among the outputs.
        nms_iou: Overlap from which the weaker of two boxes is dropped; None where the network does that.
        strides: Pixels between the cells of each level, finest first; empty for SSD heads.
        classes: Number of classes in the outputs.
        bins: Length of the distribution of one box side (NanoDet); 0 for other families.
    """

    score_threshold: Share
    person_class: Annotated[int, Field(ge=0)] = 0
    nms_iou: Share | None = None
    strides: tuple[Annotated[int, Field(ge=1, le=256)], ...] = ()
    classes: Annotated[int, Field(ge=1)] = 1
    bins: Annotated[int, Field(ge=0, le=64)] = 0


@dataclass(frozen=True, config=STRICT)
class EmbedderSpec:
    """How the output of a re-identification network is read.

    Attributes:
        dim: Length of the embedding.
    """

    dim: Annotated[int, Field(ge=2, le=8192)]
