"""A head that reads a sentence about a picture with the picture in view, and fills in hidden words.

Trained beside the other losses it pushes the backbone to keep what words speak of: garments and their
colours. As in "ALBEF" (Align before Fuse, NeurIPS 2021), words attend to one another and to the image's
tokens; the words hidden from it are predicted as in BERT (2019). It is left out when a model is exported.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reseen.errors import UsageError
from reseen.training.text import NOT_ASKED, PAD, mask_words


@dataclass(frozen=True)
class CrossEncoderSettings:
    """Sizes of the head, and its part in training.

    Attributes:
        weight: Of the masked-word loss; 0 trains without the head.
        width: Of its tokens.
        layers: Blocks.
        heads: Heads of each attention; they divide `width`.
        max_words: Longest sentence.
        mask_share: Share of words hidden.
    """

    weight: float = 0.0
    width: int = 192
    layers: int = 2
    heads: int = 4
    max_words: int = 24
    mask_share: float = 0.4


class _CrossBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.words = nn.MultiheadAttention(width, heads, batch_first=True)
        self.image = nn.MultiheadAttention(width, heads, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, words: Tensor, image: Tensor, padding: Tensor) -> Tensor:
        x = self.norms[0](words)
        words = words + self.words(x, x, x, key_padding_mask=padding, need_weights=False)[0]
        words = words + self.image(self.norms[1](words), image, image, need_weights=False)[0]
        out: Tensor = words + self.feed(self.norms[2](words))
        return out


class CrossEncoder(nn.Module):
    """Words and image tokens in, a guess at every word out.

    Args:
        image_width: Width of the backbone's tokens.
        vocabulary: Number of words.
        settings: Sizes.

    Raises:
        UsageError: Heads that do not divide the width.
    """

    def __init__(self, image_width: int, vocabulary: int, settings: CrossEncoderSettings) -> None:
        super().__init__()
        width = settings.width
        if width % settings.heads:
            raise UsageError(f"text: {settings.heads} heads do not divide the width {width}")
        self.settings = settings
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.positions = nn.Parameter(0.02 * torch.randn(settings.max_words, width))
        self.image = nn.Sequential(nn.LayerNorm(image_width), nn.Linear(image_width, width))
        self.blocks = nn.ModuleList(_CrossBlock(width, settings.heads) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.guess = nn.Linear(width, vocabulary)

    def forward(self, image_tokens: Tensor, words: Tensor) -> Tensor:
        """Gives logits over the vocabulary, ``(N, L, V)``.

        Args:
            image_tokens: ``(N, T, W)``, of the backbone.
            words: ``(N, L)`` int64 ids, L up to ``settings.max_words``, some of them hidden.
        """
        padding = words == PAD
        x = self.embedding(words) + self.positions[: words.shape[1]]
        image = self.image(image_tokens)
        for block in self.blocks:
            x = block(x, image, padding)
        out: Tensor = self.guess(self.norm(x))
        return out

    def loss(self, image_tokens: Tensor, words: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Hides words of whole sentences and gives the loss of guessing them.

        Args:
            image_tokens: ``(N, T, W)``, of the backbone.
            words: ``(N, L)`` int64 ids, nothing hidden.
            generator: Draws what is hidden, on the device of `words`.
        """
        hidden, targets = mask_words(words, self.settings.mask_share, generator)
        return masked_word_loss(self(image_tokens, hidden), targets)


def masked_word_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Gives the cross entropy of the hidden words; 0 if none was hidden.

    Args:
        logits: ``(N, L, V)``.
        targets: ``(N, L)`` int64, `NOT_ASKED` at words that were not hidden.
    """
    if not bool((targets != NOT_ASKED).any()):
        return logits.float().sum() * 0.0
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=NOT_ASKED)
