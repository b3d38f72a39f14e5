"""CLIP-ReID: CLIP's two towers, necks and classifiers, and per-identity sentences.

"CLIP-ReID: Exploiting Vision-Language Model for Image Re-Identification without Concrete Text Labels" (AAAI
2023). The state dict has the names and shapes of the authors' checkpoints, so that those load as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from reseen.errors import UsageError
from reseen.training.models.clip_resnet import ClipResnet
from reseen.training.models.clip_text import ClipText, PromptLearner
from reseen.training.models.clip_vision import ClipVision, VisionFeatures
from reseen.training.models.interface import ReidModel, TrainingOutputs
from reseen.training.models.memory_bank import MemoryBank
from reseen.training.models.neck import neck
from reseen.training.models.spec import ModelSpec
from reseen.training.tokenizer import placeholder_span, prompt_ids


class ClipReid(ReidModel):
    """The whole model of both stages; the text side is needed in training only.

    Args:
        spec: Which towers (``clip_vit`` or ``clip_resnet``) and their sizes.
        num_classes: Identities.
        num_cameras: Cameras, for a camera embedding.
        num_views: Views, for a view embedding.
        token_ids: Ids of the prompt's tokens, padded with 0; None tokenises ``spec.clip.prompt``.

    Attributes:
        num_cameras: As given.
        num_views: As given.
    """

    def __init__(
        self,
        spec: ModelSpec,
        num_classes: int,
        num_cameras: int = 0,
        num_views: int = 0,
        token_ids: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        clip = spec.clip
        self.spec = spec
        self.num_cameras, self.num_views = num_cameras, max(1, num_views)
        encoder: ClipVision | ClipResnet = (
            ClipVision(clip, spec.image_size) if spec.backbone == "clip_vit" else ClipResnet(clip, spec.image_size)
        )
        self.embedding_dim = encoder.feature_dim + clip.embed_dim
        self.image_size = spec.image_size
        self.pixel_mean, self.pixel_std = spec.pixel_mean, spec.pixel_std
        self.after_neck = spec.neck_feature == "after"
        self.camera_dropout = clip.camera_dropout
        self.embedding_scale = clip.embedding_scale
        rows = self._embedding_rows(spec)
        self.cv_embed: nn.Parameter | None = None
        if rows:
            self.cv_embed = nn.Parameter(torch.zeros(rows, clip.width))
            nn.init.trunc_normal_(self.cv_embed, std=0.02)
        self.classifier = nn.Linear(encoder.feature_dim, num_classes, bias=False)
        self.classifier_proj = nn.Linear(clip.embed_dim, num_classes, bias=False)
        for classifier in (self.classifier, self.classifier_proj):
            nn.init.normal_(classifier.weight, std=0.001)
        self.bottleneck = neck(encoder.feature_dim)
        self.bottleneck_proj = neck(clip.embed_dim)
        self.image_encoder = encoder
        self.memory_bank: MemoryBank | None = None
        if clip.memory_slots and spec.backbone == "clip_vit":
            self.memory_bank = MemoryBank(clip.memory_slots, clip.width, clip.memory_heads)
        ids = prompt_ids(clip.prompt, clip.context_length) if token_ids is None else token_ids
        first, placeholders = placeholder_span(ids)
        self.prompt_learner = PromptLearner(clip, num_classes, ids, first, placeholders)
        self.text_encoder = ClipText(clip)

    def _embedding_rows(self, spec: ModelSpec) -> int:
        clip = spec.clip
        if spec.backbone != "clip_vit" or not (clip.camera_embedding or clip.view_embedding):
            return 0
        if clip.memory_slots:
            raise UsageError("model.clip: choose a camera or view embedding or a memory bank, not both")
        if clip.camera_embedding and self.num_cameras < 1:
            raise UsageError("model.clip.camera_embedding: the training set has no camera labels")
        cameras = self.num_cameras if clip.camera_embedding else 1
        return cameras * (self.num_views if clip.view_embedding else 1)

    def _class_offset(self, images: Tensor, cams: Tensor | None, views: Tensor | None) -> Tensor | None:
        """Gives what to add to the class token, ``(N, W)``; zeros where a needed index is unknown (-1)."""
        if self.cv_embed is None:
            return None
        clip = self.spec.clip
        count, device = images.shape[0], images.device
        index = torch.zeros(count, dtype=torch.int64, device=device)
        known = torch.ones(count, dtype=torch.bool, device=device)
        wanted = ((clip.camera_embedding, cams, 1), (clip.view_embedding, views, self.num_views))
        for used, given, size in wanted:
            if not used:
                continue
            if given is None:
                return None
            known &= given >= 0
            index = index * size + given
        if self.training and self.camera_dropout > 0:
            known &= torch.rand(count, device=device) >= self.camera_dropout
        offset = self.embedding_scale * self.cv_embed[index.clamp(min=0)]
        return offset * known[:, None].to(offset.dtype)

    def image_features(self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None) -> VisionFeatures:
        """Gives the encoder's features, with camera vector or memory bank where the model has one."""
        out: VisionFeatures = self.image_encoder(images, self._class_offset(images, cams, views), self.memory_bank)
        return out

    def stage1_image_features(self, images: Tensor) -> Tensor:
        """Gives the first stage's features ``(N, E)``: projected, without camera vector and memory bank."""
        out: VisionFeatures = self.image_encoder(images)
        return out.projected

    def text_features(self, labels: Tensor) -> Tensor:
        """Gives the text features ``(N, E)`` of the sentences of identities ``(N,)``."""
        out: Tensor = self.text_encoder(self.prompt_learner(labels), self.prompt_learner.end)
        return out

    def embed(self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None) -> Tensor:
        """Gives feature and projected feature side by side, ``(N, W + E)``, before or after the necks."""
        features = self.image_features(images, cams, views)
        parts = (features.feature, features.projected)
        if self.after_neck:
            parts = (self.bottleneck(parts[0]), self.bottleneck_proj(parts[1]))
        return torch.cat(parts, dim=1)

    def training_outputs(
        self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None
    ) -> TrainingOutputs:
        """Gives two score tables and three features: intermediate, last, projected."""
        features = self.image_features(images, cams, views)
        normed: Tensor = self.bottleneck(features.feature)
        normed_projected: Tensor = self.bottleneck_proj(features.projected)
        embedding = (normed, normed_projected) if self.after_neck else (features.feature, features.projected)
        return TrainingOutputs(
            scores=(self.classifier(normed), self.classifier_proj(normed_projected)),
            features=(features.intermediate, features.feature, features.projected),
            embedding=torch.cat(embedding, dim=1),
            projected=features.projected,
            tokens=features.tokens,
        )
