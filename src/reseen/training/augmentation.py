"""Augmentation of a whole batch at once, on the device where the batch lies, from uint8.

All draws come from one generator, so that a step's augmentation is a function of the recipe's seed and the
step. Every kind is a setting and off at 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reseen.training.settings import AugmentSettings

_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class View:
    """An augmented batch.

    Attributes:
        images: (N, 3, H, W) float32, normalised, erased: what the student sees.
        whole: The same before erasing, RGB 0..255, for a teacher that looks at the same view.
        flipped: (N,) bool, which pictures were mirrored.
    """

    images: Tensor
    whole: Tensor
    flipped: Tensor


class Augment:
    """Batch augmentation.

    Args:
        settings: What to do how often.
        size: (height, width) of the result in pixels.
        mean: Per channel, of values in 0..1.
        std: Per channel, of values in 0..1.
    """

    def __init__(
        self,
        settings: AugmentSettings,
        size: tuple[int, int],
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        self.settings = settings
        self.size = size
        self._mean = torch.tensor(mean).view(1, 3, 1, 1) * 255
        self._std = torch.tensor(std).view(1, 3, 1, 1) * 255

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> View:
        """Augment (N, h, w, 3) uint8 RGB pictures."""
        s = self.settings
        draw = Draw(generator, len(pictures), pictures.device)
        x = pictures.permute(0, 3, 1, 2).float()
        flipped = draw.chance(s.flip)
        x = torch.where(flipped.view(-1, 1, 1, 1), x.flip(3), x)
        x = to_size(x, self.size)
        if s.zoom:
            x = zoom(x, draw, s.zoom)
        if s.pad:
            x = pad_and_crop(x, draw, s.pad)
        if s.low_resolution:
            x = low_resolution(x, draw, s.low_resolution, s.low_resolution_floor)
        if s.blur:
            x = blur(x, draw, s.blur, s.blur_sigma)
        if s.colour:
            x = colour(x, draw, s)
        if s.grayscale:
            gray = _luma(x).expand_as(x)
            x = torch.where(draw.chance(s.grayscale).view(-1, 1, 1, 1), gray, x)
        whole = x
        x = self.normalise(x)
        if s.erase:
            x = erase(x, draw, s.erase, s.erase_area)
        return View(x.contiguous(), whole, flipped)

    def normalise(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) RGB 0..255 to what the network wants."""
        return (pictures - self._mean.to(pictures.device)) / self._std.to(pictures.device)

    def plain(self, pictures: Tensor) -> Tensor:
        """The test transform of (N, h, w, 3) uint8 pictures: resized, normalised, nothing drawn."""
        return self.normalise(to_size(pictures.permute(0, 3, 1, 2).float(), self.size)).contiguous()


class Draw:
    """Random numbers for each picture of a batch, drawn on the CPU: the same on any device."""

    def __init__(self, generator: torch.Generator, count: int, device: torch.device) -> None:
        self.generator = generator
        self.count = count
        self.device = device

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """(N,) in [low, high)."""
        return (torch.rand(self.count, generator=self.generator) * (high - low) + low).to(self.device)

    def chance(self, probability: float) -> Tensor:
        """(N,) bool, true with this probability."""
        return self.uniform() < probability

    def below(self, limit: int) -> Tensor:
        """(N,) int64 in 0..limit-1."""
        return torch.randint(limit, (self.count,), generator=self.generator).to(self.device)


def to_size(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (N, 3, h, w) in 0..255, if it is not of that size yet."""
    if tuple(x.shape[-2:]) == size:
        return x
    return F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 255)


def pad_and_crop(x: Tensor, draw: Draw, pad: int) -> Tensor:
    """Shift each picture by up to ``pad`` pixels, filling with black."""
    n, _, h, w = x.shape
    padded = F.pad(x, (pad, pad, pad, pad))
    rows = draw.below(2 * pad + 1)[:, None] + torch.arange(h, device=x.device)
    columns = draw.below(2 * pad + 1)[:, None] + torch.arange(w, device=x.device)
    batch = torch.arange(n, device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def zoom(x: Tensor, draw: Draw, amount: float) -> Tensor:
    """Scale each picture's sides by up to ``1 +- amount`` and shift it likewise, as loose boxes do."""
    theta = torch.zeros(draw.count, 2, 3, device=x.device)
    theta[:, 0, 0] = draw.uniform(1 - amount, 1 + amount)
    theta[:, 1, 1] = draw.uniform(1 - amount, 1 + amount)
    theta[:, 0, 2] = draw.uniform(-amount, amount)
    theta[:, 1, 2] = draw.uniform(-amount, amount)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def low_resolution(x: Tensor, draw: Draw, probability: float, floor: float) -> Tensor:
    """Shrink and enlarge some pictures, to a share of their size between ``floor`` and 1."""
    chosen = draw.chance(probability)
    steps = 3
    which = draw.below(steps)
    shares = torch.rand(steps, generator=draw.generator) * (1 - floor) + floor
    out = x.clone()
    for step in range(steps):
        index = torch.nonzero(chosen & (which == step)).flatten()
        if index.numel():
            h, w = x.shape[-2:]
            small = (max(4, round(h * float(shares[step]))), max(4, round(w * float(shares[step]))))
            shrunk = F.interpolate(x[index], small, mode="area")
            out[index] = F.interpolate(shrunk, (h, w), mode="bilinear", align_corners=False)
    return out


def blur(x: Tensor, draw: Draw, probability: float, largest: float) -> Tensor:
    """Gaussian blur of some pictures, sigma between 0.1 and ``largest`` pixels."""
    index = torch.nonzero(draw.chance(probability)).flatten()
    sigma = draw.uniform(0.1, largest)[index]
    if not index.numel():
        return x
    radius = max(1, math.ceil(2 * largest))
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(3, 0)
    n, c, h, w = x[index].shape
    y = F.pad(x[index], (radius,) * 4, mode="replicate").reshape(1, n * c, h + 2 * radius, w + 2 * radius)
    y = F.conv2d(y, kernel[:, None, :, None], groups=n * c)
    y = F.conv2d(y, kernel[:, None, None, :], groups=n * c)
    out = x.clone()
    out[index] = y.reshape(n, c, h, w)
    return out


def _luma(x: Tensor) -> Tensor:
    r, g, b = _LUMA
    return x[:, 0:1] * r + x[:, 1:2] * g + x[:, 2:3] * b


def colour(x: Tensor, draw: Draw, s: AugmentSettings) -> Tensor:
    """Gamma, gain per channel, brightness, contrast and saturation of some pictures."""

    def factor(amount: float) -> Tensor:
        return draw.uniform(max(0.0, 1 - amount), 1 + amount).view(-1, 1, 1, 1)

    chosen = draw.chance(s.colour).view(-1, 1, 1, 1)
    y = x
    gain = torch.cat([factor(s.channel_gain) for _ in range(3)], 1)
    y = y * gain * factor(s.brightness)
    gray = _luma(y)
    level = gray.mean((2, 3), keepdim=True)
    y = (y - level) * factor(s.contrast) + level
    y = (y - gray) * factor(s.saturation) + gray
    gamma = torch.exp(draw.uniform(-s.gamma, s.gamma)).view(-1, 1, 1, 1)
    if s.gamma:
        y = (y.clamp(0, 255) / 255 + 1e-6) ** gamma * 255
    return torch.where(chosen, y.clamp(0, 255), x)


def erase(x: Tensor, draw: Draw, probability: float, area: tuple[float, float]) -> Tensor:
    """Replace one rectangle of some pictures by noise, pixel by pixel, after normalisation.

    Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020); aspect ratio between 0.3 and 1/0.3.
    """
    _, _, h, w = x.shape
    share = draw.uniform(*area)
    aspect = torch.exp(draw.uniform(math.log(0.3), -math.log(0.3)))
    height = (torch.sqrt(share * h * w * aspect)).clamp(1, h)
    width = (torch.sqrt(share * h * w / aspect)).clamp(1, w)
    top, left = draw.uniform() * (h - height), draw.uniform() * (w - width)
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    in_rows = (rows >= top[:, None]) & (rows < (top + height)[:, None])
    in_columns = (columns >= left[:, None]) & (columns < (left + width)[:, None])
    inside = in_rows[:, None, :, None] & in_columns[:, None, None, :]
    inside = inside & draw.chance(probability).view(-1, 1, 1, 1)
    noise = torch.randn(x.shape, generator=draw.generator).to(x.device)
    return torch.where(inside, noise.to(x.dtype), x)
