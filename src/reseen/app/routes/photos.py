"""Photos to search by: sent, looked at, a person in them chosen."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Response, UploadFile
from pydantic import BaseModel, Field, model_validator

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.photos import Wanted, Word
from reseen.app.problems import Problem
from reseen.app.routing import Routes
from reseen.app.sent_photos import HeldPhoto
from reseen.app.shapes import Box

routes = Routes("photos")


class PhotoPerson(BaseModel):
    """A person in a photo."""

    box: Box
    score: float


class PhotoRating(BaseModel):
    """How good the photo is for searching."""

    word: Word
    text: str


class Photo(BaseModel):
    """A photo and the people in it, from left to right."""

    id: str
    name: str
    sha256: str
    width: int
    height: int
    people: list[PhotoPerson]
    chosen: int | None = Field(description="Which of them is wanted, from 0; null for a box that was drawn, or nobody.")
    box: Box | None = Field(description="The box that was drawn; null where a person is chosen.")
    rating: list[PhotoRating]
    warnings: list[str]


class PhotoChange(BaseModel):
    """Who in a photo is wanted: one of its people, or a box."""

    person: int | None = Field(None, ge=0, le=10_000, description="The n-th person from the left, from 0.")
    box: Box | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> PhotoChange:
        if (self.person is None) == (self.box is None):
            raise ValueError("say which person, or draw a box; not both, not neither")
        return self


@routes.post("/photos", role="searcher", sent="photo", status_code=201)
def add_photo(here: Here, visitor: Who, file: Annotated[UploadFile, File(description="The photo.")]) -> Photo:
    """Send a photo; the people in it are found, the largest is chosen."""
    return photo_shown(here.sent.add(visitor, name_of(file), content_of(here, file)))


@routes.get("/photos/{photo_id}", role="searcher")
def show_photo(here: Here, visitor: Who, photo_id: str) -> Photo:
    """A photo that you sent."""
    return photo_shown(here.sent.get(visitor, photo_id))


@routes.get(
    "/photos/{photo_id}/image",
    role="searcher",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def show_photo_image(here: Here, visitor: Who, photo_id: str) -> Response:
    """The photo as JPEG, upright, at most 1600 pixels wide or high, without its metadata."""
    return Response(here.sent.get(visitor, photo_id).people.preview, media_type="image/jpeg")


@routes.patch("/photos/{photo_id}", role="searcher")
def change_photo(here: Here, visitor: Who, photo_id: str, change: PhotoChange) -> Photo:
    """Choose another person in a photo, or draw a box."""
    return photo_shown(here.sent.change(visitor, photo_id, Wanted(change.person, _box(change.box))))


@routes.delete("/photos/{photo_id}", role="searcher", status_code=204)
def drop_photo(here: Here, visitor: Who, photo_id: str) -> None:
    """Forget a photo that you sent."""
    here.sent.drop(visitor, photo_id)


def content_of(here: Here, file: UploadFile) -> bytes:
    """What is in a file that was sent.

    Raises:
        Problem: It is empty or too large.
    """
    content = file.file.read(here.settings.max_photo_bytes + 1)
    if not content:
        raise Problem(422, f"{name_of(file)}: the file is empty")
    if len(content) > here.settings.max_photo_bytes:
        most = here.settings.max_photo_bytes // 1_000_000
        raise Problem(413, f"{name_of(file)}: a photo may have {most} MB at most")
    return content


def name_of(file: UploadFile) -> str:
    """A file's name as its sender calls it, without folders and whatever could break a line."""
    name = (file.filename or "photo").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in name if sign.isprintable())[:200] or "photo"


def photo_shown(held: HeldPhoto) -> Photo:
    """A photo as the interface shows it."""
    people = held.people
    return Photo(
        id=held.id,
        name=held.name,
        sha256=people.sha256,
        width=people.width,
        height=people.height,
        people=[PhotoPerson(box=list(one.box), score=one.score) for one in people.people],
        chosen=people.chosen,
        box=None if held.wanted.box is None else list(people.box or held.wanted.box),
        rating=[PhotoRating(word=one.word, text=one.text) for one in people.rating],
        warnings=list(people.warnings),
    )


def _box(box: list[float] | None) -> tuple[float, float, float, float] | None:
    return None if box is None else (box[0], box[1], box[2], box[3])
