"""CLIP's text tower, and the sentences with learnt words that CLIP-ReID describes people by."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from reseen.errors import UsageError
from reseen.training.models.spec import ClipSpec
from reseen.training.models.transformer import Transformer


class ClipText(nn.Module):
    """Embedded tokens in, one text feature out (read at the end token)."""

    def __init__(self, spec: ClipSpec) -> None:
        super().__init__()
        if spec.text_width % spec.text_heads:
            raise UsageError(f"model.clip: {spec.text_heads} text heads do not divide the text width {spec.text_width}")
        self.positional_embedding = nn.Parameter(0.01 * torch.randn(spec.context_length, spec.text_width))
        self.text_projection = nn.Parameter(spec.text_width**-0.5 * torch.randn(spec.text_width, spec.embed_dim))
        self.transformer = Transformer(spec.text_width, spec.text_layers, spec.text_heads, spec.activation)
        self.ln_final = nn.LayerNorm(spec.text_width)

    def forward(self, embedded: Tensor, end: int) -> Tensor:
        """Gives text features, ``(N, E)``.

        Attention is causal, so nothing after the end token can matter and it is left out.

        Args:
            embedded: ``(N, context_length, W)`` embedded tokens.
            end: Position of the end token.
        """
        x = embedded[:, : end + 1] + self.positional_embedding[: end + 1].to(embedded.dtype)
        x = self.transformer(x, causal=True)
        out: Tensor = self.ln_final(x[:, end]) @ self.text_projection
        return out


class PromptLearner(nn.Module):
    """One sentence per identity whose placeholder words are learnt.

    Args:
        spec: Sizes.
        num_classes: Identities.
        token_ids: Ids of the sentence's tokens, padded with 0 to `context_length`; the end token's is the
            highest.
        placeholders: How many placeholders the sentence has.
        first: Position of the first one.

    Attributes:
        end: Position of the end token.
        token_ids: The sentence, `context_length` ids.
    """

    token_prefix: Tensor
    token_suffix: Tensor

    def __init__(
        self, spec: ClipSpec, num_classes: int, token_ids: Sequence[int], first: int, placeholders: int
    ) -> None:
        super().__init__()
        if len(token_ids) != spec.context_length:
            raise UsageError(
                f"model.clip.prompt: {len(token_ids)} tokens do not fill a context of {spec.context_length}"
            )
        self.token_ids = tuple(token_ids)
        self.end = self.token_ids.index(max(self.token_ids))
        self.first = first
        after = first + placeholders
        width = spec.text_width
        self.cls_ctx = nn.Parameter(0.02 * torch.randn(num_classes, placeholders, width))
        # Equal tokens must have equal rows also when no published table is loaded.
        table = {token: 0.02 * torch.randn(width) for token in sorted(set(token_ids))}
        rows = torch.stack([table[token] for token in token_ids])
        self.register_buffer("token_prefix", rows[None, :first].clone())
        self.register_buffer("token_suffix", rows[None, after:].clone())

    def fill_from_table(self, table: Tensor) -> None:
        """Takes the fixed words of the sentence from a token table, ``(vocabulary, W)``."""
        rows = table[list(self.token_ids)]
        after = self.first + self.cls_ctx.shape[1]
        self.token_prefix.copy_(rows[None, : self.first])
        self.token_suffix.copy_(rows[None, after:])

    def forward(self, labels: Tensor) -> Tensor:
        """Gives the embedded sentences of identities ``(N,)`` as ``(N, context_length, W)``."""
        count = labels.shape[0]
        prefix, suffix = self.token_prefix.expand(count, -1, -1), self.token_suffix.expand(count, -1, -1)
        return torch.cat([prefix, self.cls_ctx[labels], suffix], dim=1)
