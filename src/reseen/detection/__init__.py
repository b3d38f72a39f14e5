"""A picture in, the people in it out, as boxes with scores.

The families of detectors (YOLOX, NanoDet-m, Open Model Zoo SSD) behind one ``Detector``, letterbox or stretch
as the card says, tiles for small people, areas, and the motion gate that skips frames in which nothing moved.
OpenCV scales and suppresses, numpy decodes.
"""

from __future__ import annotations

from reseen.detection.areas import Areas, Polygon
from reseen.detection.detections import Detections
from reseen.detection.detector import DetectionSettings, Detector, check_detector, load_detector
from reseen.detection.gate import GateSettings, MotionGate
from reseen.detection.margin import with_margin
from reseen.detection.tiles import Tiles

__all__ = [
    "Areas",
    "DetectionSettings",
    "Detections",
    "Detector",
    "GateSettings",
    "MotionGate",
    "Polygon",
    "Tiles",
    "check_detector",
    "load_detector",
    "with_margin",
]
