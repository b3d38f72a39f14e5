"""Crops of people in, unit vectors out.

One ``Embedder`` for every re-identification network; the preprocessing is the card's (OpenCV scales, the
runtime room makes the tensor).
"""

from __future__ import annotations

from reseen.embedding.embedder import Embedder, EmbeddingSettings, check_embedder, load_embedder

__all__ = ["Embedder", "EmbeddingSettings", "check_embedder", "load_embedder"]
