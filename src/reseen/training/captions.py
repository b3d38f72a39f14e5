"""The text idea in training: words of sentences hidden and filled in with the picture in view."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from reseen.errors import InputError, UsageError
from reseen.training.data import Packed
from reseen.training.models.cross_encoder import CrossEncoder, CrossEncoderSettings, masked_word_loss
from reseen.training.models.interface import TrainingOutputs
from reseen.training.text import Vocabulary, describe, load_captions, mask_words

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Captions:
    """The words of all training pictures.

    Attributes:
        vocabulary: Number of words.
        words: (N, L) int64 ids.
    """

    vocabulary: int
    words: NDArray[np.int64]


def caption(packs: list[Packed], captions: str, max_words: int) -> Captions:
    """Sentences from a captioner's JSON lines (by file name), else from the heuristic of colours and parts.

    Raises:
        InputError: The captions' file cannot be read, or names none of the pictures.
    """
    known = load_captions(Path(captions)) if captions else {}
    pictures = [pair for packed in packs for pair in zip(packed.samples.names, packed.images, strict=True)]
    if known:
        count = sum(name in known for name, _ in pictures)
        if not count:
            raise InputError(
                f"{captions}: names none of the {len(pictures)} pictures (the first is {pictures[0][0]}); name"
                " its files as the data does"
            )
        log.info("captions: %d of %d pictures have one, the rest are described by their colours", count, len(pictures))
    sentences = [known.get(name) or describe(np.asarray(picture)) for name, picture in pictures]
    vocabulary = Vocabulary.build(sentences)
    return Captions(len(vocabulary.words), vocabulary.encode(sentences, max_words).numpy())


class WordFilling(nn.Module):
    """The head and its loss.

    Args:
        width: Width of the backbone's tokens.
        vocabulary: Number of words.
        settings: Sizes and weight.
    """

    def __init__(self, width: int, vocabulary: int, settings: CrossEncoderSettings) -> None:
        super().__init__()
        self.settings = settings
        self.head = CrossEncoder(width, vocabulary, settings)

    def forward(self, outputs: TrainingOutputs, words: Tensor) -> Tensor:
        """The masked-word loss of a batch; which words are hidden is drawn from torch's own generator.

        Raises:
            UsageError: The model gives no tokens.
        """
        if outputs.tokens is None:
            raise UsageError("text.weight needs a model that gives tokens, such as model.backbone clip_vit")
        hidden, targets = mask_words(words.cpu(), self.settings.mask_share)
        logits: Tensor = self.head(outputs.tokens, hidden.to(words.device))
        return masked_word_loss(logits, targets.to(words.device))
