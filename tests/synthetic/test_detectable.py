"""A detector trained on photographs takes the invented people for people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from reseen.synthetic import Scene, SceneSettings

_SIDE = 416
_GRID = np.array([(x, y, s) for s in (8, 16, 32) for y in range(_SIDE // s) for x in range(_SIDE // s)], np.float32)


def _session(model_files: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(model_files / "yolox" / "yolox_nano.onnx"), options, providers=["CPUExecutionProvider"]
    )


def _people(session: onnxruntime.InferenceSession, bgr: np.ndarray) -> np.ndarray:
    """Boxes of people over the threshold of 0.3, before suppression."""
    ratio = _SIDE / max(bgr.shape)
    small = cv2.resize(bgr, None, fx=ratio, fy=ratio)
    canvas = np.full((_SIDE, _SIDE, 3), 114, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    output = session.run(None, {"images": canvas.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
    middle = (output[:, :2] + _GRID[:, :2]) * _GRID[:, 2:]
    half = np.exp(output[:, 2:4]) * _GRID[:, 2:] / 2
    boxes = np.concatenate([middle - half, middle + half], 1) / ratio
    return boxes[output[:, 4] * output[:, 5] > 0.3]


def _best_overlap(box: np.ndarray, found: np.ndarray) -> float:
    if len(found) == 0:
        return 0.0
    corner = np.minimum(box[2:], found[:, 2:]) - np.maximum(box[:2], found[:, :2])
    shared = np.clip(corner, 0, None).prod(1)
    union = (box[2:] - box[:2]).prod() + (found[:, 2:] - found[:, :2]).prod(1) - shared
    return float((shared / union).max())


@pytest.mark.parametrize("seed", [11, 12])
def test_most_fully_visible_people_are_found(model_files: Path, seed: int) -> None:
    session = _session(model_files)
    scene = Scene(SceneSettings(seed=seed, people=8, cameras=2, seconds=12, fps=1, crowd=3))
    hits = []
    for camera in (0, 1):
        for frame in scene.render(camera):
            found = _people(session, frame.bgr)
            for box, visible in zip(frame.truth.boxes, frame.truth.visible, strict=True):
                if visible > 0.97:
                    hits.append(_best_overlap(box, found) >= 0.5)
    assert len(hits) > 15
    assert np.mean(hits) >= 0.8
