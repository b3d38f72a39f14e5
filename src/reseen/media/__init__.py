"""Footage in, frames out (PyAV, Pillow, OpenCV for sizes).

In: paths. Out: what a source is (``survey``, ``probe``), its segments (``plan_segments``), their frames with
true times (``open_segment``), photos to search by (``read_photo``), single frames (``read_frame``) and clips
(``cut_clip``, ``rewrite_clip``). Knows time, rotation and damage; knows nothing of people.
"""

from reseen.media.clips import ClipResult, clip_ending, cut_clip, pictures_between, rewrite_clip
from reseen.media.errors import MediaError
from reseen.media.footage import (
    NO_FOOTAGE,
    FootageFile,
    FootageListing,
    Unusable,
    content_hash,
    expand_footage,
    looks_like_footage,
)
from reseen.media.frame import Frame
from reseen.media.kinds import kind_of
from reseen.media.moment import read_frame
from reseen.media.photos import Photo, read_photo
from reseen.media.playable import make_playable, media_type, playing_way
from reseen.media.reader import ReadSettings, SegmentReader, open_segment
from reseen.media.segments import Entry, Gap, Span
from reseen.media.source import SourceInfo, Survey
from reseen.media.survey import plan_segments, probe, survey

__all__ = [
    "NO_FOOTAGE",
    "ClipResult",
    "Entry",
    "FootageFile",
    "FootageListing",
    "Frame",
    "Gap",
    "MediaError",
    "Photo",
    "ReadSettings",
    "SegmentReader",
    "SourceInfo",
    "Span",
    "Survey",
    "Unusable",
    "clip_ending",
    "content_hash",
    "cut_clip",
    "expand_footage",
    "kind_of",
    "looks_like_footage",
    "make_playable",
    "media_type",
    "open_segment",
    "pictures_between",
    "plan_segments",
    "playing_way",
    "probe",
    "read_frame",
    "read_photo",
    "rewrite_clip",
    "survey",
]
