"""Who is wanted, however a visitor says it: photos, shots, people, a case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.app.access import Visitor
from reseen.app.answers import KeptPicture
from reseen.app.context import Context
from reseen.app.photos import PREVIEW_SIDE, THUMBNAIL_SIDE, Wanted, WantedPhoto, jpeg_of
from reseen.app.problems import Problem, not_found
from reseen.app.sent_photos import SentPhotos, small
from reseen.detection import Detections
from reseen.library import Case, CasePhoto, Filter, Store, StoredShot
from reseen.searching import Judged, PersonPhoto, Query

SHOTS = 4
"""A person seen before is looked for with so many of their shots, the best ones."""


@dataclass(frozen=True, eq=False)
class Question:
    """Who is wanted: the query, the pictures that a case keeps of it, a small JPEG for the audit log."""

    query: Query
    pictures: tuple[KeptPicture, ...]
    thumbnail: bytes | None


def by_photo(sent: SentPhotos, who: Visitor, number: str, wanted: Wanted | None) -> Question:
    """The wanted person of a photo that was sent.

    Raises:
        Problem: The visitor has none of that id.
        UsageError: There is no such person in it.
    """
    held, query = sent.asked(who, number, wanted)
    people = held.people
    # The preview may be smaller than the photo, whose pixels the box is in.
    scale = min(1.0, PREVIEW_SIDE / max(people.width, people.height))
    x1, y1, x2, y2 = people.box or (0.0, 0.0, float(people.width), float(people.height))
    box = (x1 * scale, y1 * scale, x2 * scale, y2 * scale)
    return Question(query, (KeptPicture(held.name, people.sha256, people.preview, box),), people.thumbnail)


def by_shots(here: Context, who: Visitor, ids: Sequence[int]) -> Question:
    """Whoever is in some shots.

    Raises:
        Problem: A shot is not there, or of a camera that the visitor may not see.
    """
    store = here.store
    shots = _seen_shots(store, who, ids)
    photos, hashes, pictures = [], [], []
    for shot in shots:
        jpeg = store.shot_image(shot.id)
        pixels = store.shot_pixels(shot.id)
        sha256 = hashlib.sha256(jpeg).hexdigest()
        photos.append(PersonPhoto(f"shot {shot.id}", pixels, None, _nobody(), ()))
        hashes.append(sha256)
        height, width = pixels.shape[:2]
        pictures.append(KeptPicture(f"shot {shot.id}", sha256, jpeg, (0.0, 0.0, float(width), float(height))))
    models = store.models
    vectors = store.vectors_of([shot.id for shot in shots])
    query = Query(tuple(photos), tuple(hashes), vectors, models.detector_name, models.embedder_name)
    return Question(small(query), tuple(pictures), thumbnail_of(photos[0].picture))


def by_person(here: Context, who: Visitor, person: int) -> Question:
    """A person seen before, by their best shots.

    Raises:
        Problem: There is none, or of a camera that the visitor may not see.
    """
    store = here.store
    shots = store.shots(store.chain(person))
    if not shots:
        raise not_found("person")
    best = sorted(shots, key=lambda shot: (-shot.quality, shot.id))[:SHOTS]
    return by_shots(here, who, [shot.id for shot in best])


def by_case(here: Context, case: Case) -> Question | None:
    """The photos of a case; None when all were forgotten."""
    models = here.store.models
    queries: list[Query] = []
    pictures: list[KeptPicture] = []
    for photo in case.photos:
        if photo.jpeg is None or photo.vector is None:
            continue
        x1, y1, x2, y2 = (float(value) for value in photo.box)
        box = (x1, y1, x2, y2)
        pictures.append(KeptPicture(photo.name, photo.sha256, photo.jpeg, box))
        if photo.embedder_sha256 == models.embedder_sha256:
            shown = PersonPhoto(photo.name, _decoded(photo.jpeg), box, _nobody(), ())
            queries.append(
                Query((shown,), (photo.sha256,), photo.vector[None], models.detector_name, models.embedder_name)
            )
        else:
            made = here.photos.query([WantedPhoto(photo.name, photo.jpeg, Wanted(box=box))])
            queries.append(Query(made.photos, (photo.sha256,), made.vectors, made.detector, made.embedder))
    if not queries:
        return None
    return Question(small(together(queries)), tuple(pictures), thumbnail_of(queries[0].photos[0].crop))


def joined(questions: Sequence[Question]) -> Question:
    """Several ways of saying who is wanted, together.

    Raises:
        Problem: There is none.
    """
    query = together([question.query for question in questions])
    pictures = tuple(picture for question in questions for picture in question.pictures)
    return Question(query, pictures, next((one.thumbnail for one in questions if one.thumbnail), None))


def together(queries: Sequence[Query]) -> Query:
    """Queries of the same person as one.

    Raises:
        Problem: There is none, or they were made with different models.
    """
    if not queries:
        raise Problem(422, "say who is wanted: a photo, a shot or a person")
    if len({query.embedder for query in queries}) > 1:
        raise Problem(409, "the library was given to another model meanwhile: search again")
    return Query(
        tuple(photo for query in queries for photo in query.photos),
        tuple(sha256 for query in queries for sha256 in query.hashes),
        np.concatenate([query.vectors for query in queries]),
        queries[0].detector,
        queries[0].embedder,
    )


def case_photos(store: Store, question: Question) -> list[CasePhoto]:
    """What a case keeps of who is wanted."""
    models = store.models
    return [
        CasePhoto(picture.name, picture.sha256, picture.jpeg, np.array(picture.box, np.float32), vector,
                  models.embedder_sha256)
        for picture, vector in zip(question.pictures, question.query.vectors, strict=True)
    ]  # fmt: skip


def judged_of(store: Store, case: int) -> Judged:
    """What was said in a case, as a search takes it."""
    verdicts = store.verdicts(case)
    by_hand = store.persons_of_case(case)
    persons: dict[int, list[int]] = {}
    for tracklet, person in zip(by_hand.tracklet_ids.tolist(), by_hand.person_ids.tolist(), strict=True):
        persons.setdefault(person, []).append(tracklet)
    return Judged(
        confirmed=tuple(verdict.tracklets for verdict in verdicts if verdict.verdict == "confirmed"),
        rejected=tuple(verdict.tracklets for verdict in verdicts if verdict.verdict == "rejected"),
        persons=tuple(tuple(group) for group in persons.values()),
    )


def seen_only(store: Store, who: Visitor, groups: Sequence[Sequence[int]]) -> None:
    """Refuse tracklets that are not there, or of cameras that the visitor may not see.

    Raises:
        Problem: So it is.
    """
    ids = {int(number) for group in groups for number in group}
    if not ids:
        raise Problem(422, "tracklets: name those of the match")
    there = store.tracklet_ids(who.narrowed(Filter()))
    if not np.isin(np.fromiter(ids, np.int64), there).all():
        raise Problem(404, "some of these tracklets are not there (any more): search again")


def thumbnail_of(pixels: NDArray[np.uint8]) -> bytes:
    """A small JPEG of a picture, ``(H, W, 3)`` uint8 BGR, for the audit log."""
    return jpeg_of(pixels, THUMBNAIL_SIDE)


def _seen_shots(store: Store, who: Visitor, ids: Sequence[int]) -> tuple[StoredShot, ...]:
    shots = store.shots_by_id(ids)
    for shot in shots:
        who.must_see(store.source(shot.source_id).camera, "shot")
    return shots


def _decoded(jpeg: bytes) -> NDArray[np.uint8]:
    """A picture that was made here; it was checked when it came in."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise Problem(409, "a photo of this case is damaged: give it anew")
    return np.asarray(pixels, np.uint8)


def _nobody() -> Detections:
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
