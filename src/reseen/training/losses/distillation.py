"""What a student learns from a teacher's embeddings of the same pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reseen.errors import UsageError


def cosine_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Gives 1 minus the cosine of student and teacher, averaged over images.

    Args:
        student: ``(N, D)``, with gradient.
        teacher: ``(N, D)``, without; several teachers are joined by `joined_teachers`.

    Raises:
        UsageError: The lengths differ: give the student a projection to the teacher's length.
    """
    if student.shape != teacher.shape:
        raise UsageError(
            f"distillation: the student's embedding has {student.shape[1]} values, the teacher's "
            f"{teacher.shape[1]}; compare similarities only, or project the student"
        )
    return (1.0 - F.cosine_similarity(student.float(), teacher.float(), dim=1)).mean()


def similarity_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Gives the mean squared difference of the two cosine-similarity matrices, off the diagonal.

    "Similarity-Preserving Knowledge Distillation" (ICCV 2019), with cosine similarities; the lengths may
    differ.

    Args:
        student: ``(N, D)``, with gradient.
        teacher: ``(N, D')``, without.
    """
    count = len(student)
    if count < 2:
        return student.float().sum() * 0.0
    own, taught = F.normalize(student.float(), dim=1), F.normalize(teacher.float(), dim=1)
    difference = own @ own.T - taught @ taught.T
    itself = torch.eye(count, dtype=torch.bool, device=student.device)
    return difference.masked_fill(itself, 0.0).pow(2).sum() / (count * (count - 1))


def joined_teachers(teachers: list[Tensor]) -> Tensor:
    """Joins embeddings ``(N, D_i)`` of several teachers, of equal weight, into unit rows ``(N, sum D_i)``."""
    joined = torch.cat([F.normalize(teacher.float(), dim=1) for teacher in teachers], dim=1)
    return F.normalize(joined, dim=1)
