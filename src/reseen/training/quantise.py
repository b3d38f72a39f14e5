"""Static int8 of an exported model, with what it costs in mAP."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.runtime import Session, SessionSettings
from reseen.training.data import Samples, load_dataset, pack
from reseen.training.data.samples import split_first_as_query
from reseen.training.validation import ValidationSet

log = logging.getLogger(__name__)

CALIBRATION_PICTURES = 256
LARGEST_LOSS = 1.0


class _Reader:
    """Feeds ONNX Runtime's calibration."""

    def __init__(self, pictures: NDArray[np.uint8], name: str) -> None:
        self._name = name
        self._left: Iterator[NDArray[np.uint8]] = iter(np.array_split(pictures, max(1, len(pictures) // 8)))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next few pictures as the model's input, or ``None`` at the end."""
        part = next(self._left, None)
        return None if part is None else {self._name: as_input(part)}


def as_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W, 3) uint8 RGB to the (N, 3, H, W) float32 an exported model takes."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).astype(np.float32)


def calibration_data(
    folder: Path, size: tuple[int, int], layout: str = "auto", split: str = ""
) -> tuple[NDArray[np.uint8], ValidationSet]:
    """Pictures to calibrate on, and a query and gallery to measure the loss on.

    Where the data has no query and gallery of its own, its training pictures are searched, the first of each
    person and camera being the query.

    Raises:
        InputError: The folder holds too few pictures or nobody seen twice.
    """
    dataset = load_dataset(folder, layout, split)
    pool = dataset.train if len(dataset.train) else dataset.gallery
    if len(pool) < 8:
        raise InputError(f"{folder}: holds {len(pool)} pictures; calibration needs at least 8")
    query, gallery = dataset.query, dataset.gallery
    if not len(query):
        query, gallery = split_first_as_query(apart(dataset.train))
    chosen = np.linspace(0, len(pool) - 1, min(CALIBRATION_PICTURES, len(pool))).round().astype(np.int64)
    pictures = pack(pool.take(chosen), size, "bilinear").images
    judge = ValidationSet(folder.name, pack(query, size, "bilinear"), pack(gallery, size, "bilinear"))
    return pictures, judge


def apart(samples: Samples) -> Samples:
    """Pictures of unknown camera as if the first of each person came from another camera than the rest."""
    cameras = samples.cameras.copy()
    _, first = np.unique(samples.identities, return_index=True)
    unknown = cameras < 0
    cameras[unknown] = 1
    cameras[first[unknown[first]]] = 0
    return replace(samples, cameras=cameras)


def quantise(path: Path, pictures: NDArray[np.uint8], judge: ValidationSet) -> dict[str, float | str]:
    """Replace an exported float model by its static int8 form.

    Args:
        path: The ONNX file; replaced only if the loss is small enough.
        pictures: (N, H, W, 3) uint8 RGB to calibrate on.
        judge: Query and gallery to measure on.

    Returns:
        Figures for the card: mAP before and after.

    Raises:
        InputError: The int8 model loses more than a point of mAP, or cannot be made.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    before = _mean_precision(path, judge)
    # ONNX Runtime prints its progress, where a command's result belongs.
    with tempfile.TemporaryDirectory(prefix=".int8-", dir=path.parent) as folder, redirect_stdout(io.StringIO()):
        prepared, small = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(small),
            _Reader(pictures, Session(path).inputs[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add"],
        )
        after = _mean_precision(small, judge)
        loss = before - after
        if loss > LARGEST_LOSS:
            raise InputError(
                f"int8 costs {loss:.1f} points of mAP on {judge.name} ({before:.1f} to {after:.1f}),"
                f" more than {LARGEST_LOSS:.0f}: refused; export without --int8, or calibrate on pictures"
                " like those of your footage"
            )
        small.replace(path)
    log.info("int8: mAP %.2f to %.2f on %s", before, after, judge.name)
    return {
        f"mAP before int8, {judge.name}": round(before, 2),
        f"mAP, {judge.name}": round(after, 2),
        "precision": "static int8",
    }


def _mean_precision(path: Path, judge: ValidationSet) -> float:
    session = Session(path, SessionSettings())

    def embed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = [session.run(as_input(images[i : i + 32]))[0] for i in range(0, len(images), 32)]
        return np.concatenate(parts)

    figures = judge.judge(embed)
    if not figures.used:
        raise InputError(f"{judge.name}: nobody is seen twice by different cameras, so no mAP can be measured")
    return figures.mean_precision
