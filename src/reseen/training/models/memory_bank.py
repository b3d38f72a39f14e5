"""A learnable memory bank: camera and view differences without labels of cameras.

Where a camera embedding adds a vector chosen by a label, the class token here chooses by attention: after the
first blocks it holds what is typical of the picture (light, colour cast, angle), queries M learnt slots with
it, and what they answer is added to it. The answer starts at zero, so that pretrained weights are not
disturbed.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MemoryBank(nn.Module):
    """M slots attended by the class token.

    Args:
        slots: Number M of slots.
        width: Width W of a token.
        heads: Heads of the attention; divides `width`.
    """

    def __init__(self, slots: int, width: int, heads: int = 1) -> None:
        super().__init__()
        self.heads = heads
        self.slots = nn.Parameter(torch.randn(slots, width) * width**-0.5)
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.answer = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.answer.weight)

    def attention(self, token: Tensor) -> Tensor:
        """Gives how much each slot is attended, ``(N, heads, M)``, for class tokens ``(N, W)``."""
        query, key, _ = self._project(token)
        return torch.softmax(query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5, dim=-1)[:, :, 0]

    def _project(self, token: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        count, width = token.shape
        query = self.query(self.norm(token)).view(count, self.heads, 1, width // self.heads)
        joint = self.key_value(self.slots).view(-1, 2, self.heads, width // self.heads)
        key, value = joint.permute(1, 2, 0, 3)
        return query, key.expand(count, -1, -1, -1), value.expand(count, -1, -1, -1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Changes the class token of ``(N, T, W)`` tokens (the first); the others stay."""
        query, key, value = self._project(tokens[:, 0])
        mixed = F.scaled_dot_product_attention(query, key, value)
        token = tokens[:, 0] + self.answer(mixed.transpose(1, 2).reshape(tokens.shape[0], -1))
        return torch.cat([token[:, None], tokens[:, 1:]], dim=1)
