"""The way in: footage to library.

In: files, a library open for writing, a detector and an embedder. Out: committed segments and an ``IndexReport``.
A segment in, its tracklets out is a pure function (``segment``); the threads around it, resume and progress are in
``indexer``. ``media`` decodes, ``detection``, ``tracking`` and ``embedding`` do the work, ``library`` keeps it.
"""

from reseen.indexing.clock import AUTO, Start, check_clock, parse_time, start_from_name
from reseen.indexing.guessing import Guess, camera_in, guess
from reseen.indexing.indexer import Indexer, IndexReport
from reseen.indexing.intake import Refused, Taken, take_in
from reseen.indexing.progress import OnProgress, Progress, Stopwatch
from reseen.indexing.settings import Clock, IndexSettings, Intake, Workers
from reseen.indexing.splitting import SplitSettings

__all__ = [
    "AUTO",
    "Clock",
    "Guess",
    "IndexReport",
    "IndexSettings",
    "Indexer",
    "Intake",
    "OnProgress",
    "Progress",
    "Refused",
    "SplitSettings",
    "Start",
    "Stopwatch",
    "Taken",
    "Workers",
    "camera_in",
    "check_clock",
    "guess",
    "parse_time",
    "start_from_name",
    "take_in",
]
