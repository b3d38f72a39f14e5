"""Sentences about pictures of people, and their words as numbers.

A sentence comes from a captioner's file (JSON lines) or from `describe`: a heuristic of colours by body
part. The heuristic knows only what an upright, roughly centred crop allows; it is meant to be measured, not
believed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.errors import InputError

PAD, MASK, UNKNOWN = 0, 1, 2
SPECIAL = ("<pad>", "<mask>", "<unknown>")
NOT_ASKED = -100

# Parts of an upright crop, in fractions of its height and width: top, bottom, left, right.
UPPER = (0.20, 0.48, 0.28, 0.72)
LOWER = (0.55, 0.72, 0.30, 0.70)
SHINS = (0.75, 0.90, 0.28, 0.72)
DARK, PALE, GRAYISH = 60, 175, 45  # of 255: value below, value above, saturation below
PATTERN_SHARE = 0.45  # a garment whose main colour covers less is called patterned
# Upper ends of the hue ranges in OpenCV's degrees halved (0..179).
HUES = (
    (8, "red"),
    (21, "orange"),
    (33, "yellow"),
    (85, "green"),
    (128, "blue"),
    (150, "purple"),
    (172, "pink"),
)
COLOURS = ("black", "white", "gray", "brown", "red", "orange", "yellow", "green", "blue", "purple", "pink")
SKIN_LOW, SKIN_HIGH = (0, 40, 80), (20, 170, 255)
SKIN_SHARE = 0.22


def describe(image: NDArray[np.uint8]) -> str:
    """Says what a person wears, such as "a person with a white upper garment and black trousers".

    Args:
        image: ``(H, W, 3)`` uint8 RGB, an upright crop of one person.
    """
    hsv = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), dtype=np.uint8)
    upper, upper_share = _main_colour(_part(hsv, UPPER))
    lower, _ = _main_colour(_part(hsv, LOWER))
    pattern = "patterned " if upper_share < PATTERN_SHARE else ""
    shins = _part(hsv, SHINS)
    bare = float(cv2.inRange(shins, SKIN_LOW, SKIN_HIGH).mean()) / 255.0 > SKIN_SHARE
    garment = "shorts or a skirt" if bare else "trousers"
    return f"a person with a {pattern}{upper} upper garment and {lower} {garment}"


def _part(hsv: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    height, width = hsv.shape[:2]
    top, left = int(box[0] * height), int(box[2] * width)
    bottom, right = max(top + 1, int(box[1] * height)), max(left + 1, int(box[3] * width))
    return np.ascontiguousarray(hsv[top:bottom, left:right])


def _main_colour(hsv: NDArray[np.uint8]) -> tuple[str, float]:
    """Gives the colour that most pixels have, and their share."""
    names = colour_indices(hsv.reshape(-1, 3))
    counts = np.bincount(names, minlength=len(COLOURS))
    best = int(counts.argmax())
    return COLOURS[best], float(counts[best]) / len(names)


def colour_indices(hsv: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Names pixels ``(N, 3)`` (hue 0..179, saturation, value) by index into `COLOURS`."""
    hue, saturation, value = hsv[:, 0].astype(np.int64), hsv[:, 1], hsv[:, 2]
    ends = np.array([end for end, _ in HUES])
    by_hue = np.array([COLOURS.index(name) for _, name in HUES] + [COLOURS.index("red")])
    names = by_hue[np.searchsorted(ends, hue, side="left")]
    is_warm_dark = (names == COLOURS.index("orange")) & (value < 170)
    names = np.where(is_warm_dark, COLOURS.index("brown"), names)
    names = np.where(saturation < GRAYISH, COLOURS.index("gray"), names)
    names = np.where((saturation < GRAYISH) & (value > PALE), COLOURS.index("white"), names)
    named: NDArray[np.int64] = np.where(value < DARK, COLOURS.index("black"), names)
    return named


def load_captions(path: str | Path) -> dict[str, str]:
    """Reads a captioner's file: one JSON object a line with ``file`` and ``caption``.

    Raises:
        InputError: It is missing, or a line is not of that form.
    """
    path = Path(path)
    captions: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: captions cannot be read ({error})") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            captions[str(entry["file"])] = str(entry["caption"])
        except (json.JSONDecodeError, KeyError, TypeError):
            raise InputError(f'{path}:{number}: expected {{"file": ..., "caption": ...}}') from None
    return captions


@dataclass(frozen=True)
class Vocabulary:
    """Words by number; 0 fills up, 1 hides, 2 stands for words not in it.

    Attributes:
        words: All words, the three special ones first.
    """

    words: tuple[str, ...]

    @classmethod
    def build(cls, sentences: Iterable[str], least: int = 2) -> Vocabulary:
        """Takes the words that occur at least `least` times, in alphabetical order."""
        counts = Counter(word for sentence in sentences for word in split_words(sentence))
        return cls((*SPECIAL, *sorted(word for word, count in counts.items() if count >= least)))

    def encode(self, sentences: Iterable[str], max_words: int) -> Tensor:
        """Gives ids ``(N, max_words)`` int64, cut or filled up with `PAD`."""
        index = {word: number for number, word in enumerate(self.words)}
        rows = []
        for sentence in sentences:
            ids = [index.get(word, UNKNOWN) for word in split_words(sentence)][:max_words]
            rows.append(ids + [PAD] * (max_words - len(ids)))
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, max_words)


def split_words(sentence: str) -> list[str]:
    """Splits into words of lower case."""
    return re.findall(r"[^\W_]+", sentence.lower())


def mask_words(ids: Tensor, share: float, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Hides some words, at least one of every sentence.

    Args:
        ids: ``(N, L)`` int64.
        share: How many of the words, 0..1.
        generator: Draws, on the device of `ids`.

    Returns:
        The ids with `MASK` at hidden words, and the targets with `NOT_ASKED` at the others.
    """
    draws = torch.rand(ids.shape, generator=generator, device=ids.device)
    draws = draws.masked_fill(ids == PAD, 2.0)
    hidden = (draws < share) | (draws == draws.min(dim=1, keepdim=True).values)
    hidden &= ids != PAD
    return ids.masked_fill(hidden, MASK), ids.masked_fill(~hidden, NOT_ASKED)
