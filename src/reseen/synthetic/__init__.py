"""Rendered footage with ground truth; imports no other room.

In go a few numbers (``SceneSettings``); out come the pictures of several cameras that watch the same invented
people, with everybody's box, visible share and identity, as frames (``Scene``), as files in the form of a test set
(``write_footage``) or as labelled crops (``people_crops``). numpy draws, OpenCV resizes and blurs, PyAV encodes.
"""

from __future__ import annotations

from reseen.synthetic.crops import PeopleCrops, people_crops
from reseen.synthetic.footage import write_footage
from reseen.synthetic.scene import RenderedFrame, Scene
from reseen.synthetic.settings import SceneSettings
from reseen.synthetic.staging import TruthBoxes
from reseen.synthetic.truth import ClipTruth, FootageTruth, Interval, PersonTruth, QueryTruth

__all__ = [
    "ClipTruth",
    "FootageTruth",
    "Interval",
    "PeopleCrops",
    "PersonTruth",
    "QueryTruth",
    "RenderedFrame",
    "Scene",
    "SceneSettings",
    "TruthBoxes",
    "people_crops",
    "write_footage",
]
