"""What was found in footage: rows, shots, embeddings, the index.

Sources, segments and their tracklets go in (``Store.add_source``, ``plan_segments``, ``commit_segment``);
coverage, tracklets, shots and exact search among their embeddings come out. A library is a folder: rows in
SQLite (SQLAlchemy, Alembic), pictures as JPEG (OpenCV), embeddings in the rows and, derived from them, in a
Faiss index.
"""

from reseen.library.errors import (
    LibraryError,
    LibraryLockedError,
    ModelsDifferError,
    NewerLibraryError,
    NoLibraryError,
    NotALibraryError,
    UnknownRowError,
)
from reseen.library.filters import EVERYTHING, Filter
from reseen.library.place import library_exists
from reseen.library.records import (
    Camera,
    FoundTracklet,
    ModelsUsed,
    NewSource,
    Segment,
    SegmentFound,
    Source,
    StoredShot,
    StoredTracklet,
    StoreSettings,
)
from reseen.library.results import (
    AuditEntry,
    Coverage,
    LibraryInfo,
    Likeness,
    Persons,
    Problem,
    RemovalPlan,
    Removed,
    Skipped,
    Vectors,
)
from reseen.library.store import Store

__all__ = [
    "EVERYTHING",
    "AuditEntry",
    "Camera",
    "Coverage",
    "Filter",
    "FoundTracklet",
    "LibraryError",
    "LibraryInfo",
    "LibraryLockedError",
    "Likeness",
    "ModelsDifferError",
    "ModelsUsed",
    "NewSource",
    "NewerLibraryError",
    "NoLibraryError",
    "NotALibraryError",
    "Persons",
    "Problem",
    "RemovalPlan",
    "Removed",
    "Segment",
    "SegmentFound",
    "Skipped",
    "Source",
    "Store",
    "StoreSettings",
    "StoredShot",
    "StoredTracklet",
    "UnknownRowError",
    "Vectors",
    "library_exists",
]
