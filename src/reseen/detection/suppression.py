"""Two boxes around one person become one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.detection.detections import Detections


def overlap(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection areas of one box ``(4,)`` with many ``(N, 4)``, in square pixels ``(N,)``."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    sides = np.maximum(high - low, 0.0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def area(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Areas of boxes ``(N, 4)``, in square pixels ``(N,)``."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)


def suppress(detections: Detections, iou: float) -> Detections:
    """Greedy non-maximum suppression (OpenCV): of boxes that overlap by more than ``iou`` the best stays.

    Args:
        detections: In any order.
        iou: Intersection over union, 0..1.

    Returns:
        What stays, highest score first.
    """
    ordered = by_score(detections)
    if len(ordered) < 2:
        return ordered
    boxes = ordered.boxes.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), ordered.scores.tolist(), 0.0, iou)
    return ordered.keep(np.sort(np.asarray(kept, np.intp).reshape(-1)))


def by_score(detections: Detections) -> Detections:
    """Highest score first; among equals the order stays."""
    return detections.keep(np.argsort(-detections.scores, kind="stable"))
