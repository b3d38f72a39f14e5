"""Detections in, tracklets with their best shots out; motion only, time in seconds.

A :class:`Tracker` takes the ``Detections`` of one frame after the other and gives the :class:`Tracklet` of every
person of the segment, each with its best :class:`Shot`. :func:`link` joins tracklets over segments. Assignment is by
scipy, cropping and sharpness by OpenCV; everything else is numpy.
"""

from __future__ import annotations

from reseen.tracking.association import AssociationSettings
from reseen.tracking.boxes import iou
from reseen.tracking.linking import Trail, link
from reseen.tracking.motion import MotionSettings
from reseen.tracking.quality import QualitySettings
from reseen.tracking.shots import ShotSettings
from reseen.tracking.tracker import Tracker, TrackerSettings
from reseen.tracking.tracklet import Shot, Tracklet

__all__ = [
    "AssociationSettings",
    "MotionSettings",
    "QualitySettings",
    "Shot",
    "ShotSettings",
    "Tracker",
    "TrackerSettings",
    "Tracklet",
    "Trail",
    "iou",
    "link",
]
