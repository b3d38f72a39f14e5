"""Footage sent from a browser, in pieces that may go on after a break."""

from __future__ import annotations

import shutil
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import ClientDisconnect

from reseen.app.access import Visitor, Who
from reseen.app.context import Context, Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.problems import Problem, not_found
from reseen.app.routes.footage import add_order, given_camera
from reseen.app.routes.sources import CameraName
from reseen.app.routing import Routes
from reseen.app.working.footage import FootageOrder
from reseen.indexing import AUTO, camera_in
from reseen.library import Upload
from reseen.media import content_hash, kind_of

routes = Routes("uploads")

UploadId = Annotated[str, Path(max_length=64)]
Offset = Annotated[int, Query(ge=0, lt=2**63, description="Where in the file the piece begins.")]

_PIECE = 8 * 2**20
_HEAD = 64 * 2**10
_SPARE = 2**30


class UploadWanted(BaseModel):
    """A file that is to be sent."""

    name: str = Field(min_length=1, max_length=1000)
    size: int = Field(ge=1, lt=2**63, description="Bytes.")
    sha256: str | None = Field(None, pattern="^[0-9a-fA-F]{64}$", description="Checked when all has arrived.")


class UploadShown(BaseModel):
    """How far an upload is; it goes on from `received`."""

    id: str
    name: str
    size: int
    received: int


class UploadFacts(BaseModel):
    """What is said about a file that has arrived."""

    camera: CameraName | None = Field(None, description="Its camera; else it is guessed from the file's name.")
    wall_start: AwareDatetime | None = Field(None, description="Else it is read from the file's name or the file.")


@routes.post("/uploads", role="admin", status_code=201)
def begin_upload(here: Here, visitor: Who, wanted: UploadWanted) -> UploadShown:
    """Announce a file."""
    most = here.settings.max_upload_bytes
    if wanted.size > most:
        raise Problem(413, f"{wanted.name}: {wanted.size} bytes are more than the {most} that may be uploaded")
    if wanted.size + _SPARE > shutil.disk_usage(here.settings.library).free:
        raise Problem(507, f"{wanted.name}: there is no room for it on the server's disk")
    return _shown(here.store.add_upload(wanted.name, wanted.size, visitor.name, wanted.sha256))


@routes.get("/uploads/{upload_id}", role="admin")
def show_upload(here: Here, visitor: Who, upload_id: UploadId) -> UploadShown:
    """How far an upload is."""
    return _shown(_own(here, visitor, upload_id))


@routes.put(
    "/uploads/{upload_id}",
    role="admin",
    sent="footage",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send_piece(here: Here, visitor: Who, upload_id: UploadId, offset: Offset, request: Request) -> UploadShown:
    """Send a piece: the bytes of the file from `offset` on, as they are. What is said to be received is safe."""
    upload = await run_sync(_own, here, visitor, upload_id)
    piece = bytearray()
    try:
        async for chunk in request.stream():
            piece += chunk
            if len(piece) >= _PIECE:
                upload = await run_sync(_write, here, upload, offset, bytes(piece))
                offset += len(piece)
                piece.clear()
    except ClientDisconnect:
        pass  # what came until then is kept below: the upload goes on from there
    if piece:
        upload = await run_sync(_write, here, upload, offset, bytes(piece))
    return _shown(upload)


@routes.delete("/uploads/{upload_id}", role="admin", status_code=204)
def break_off_upload(here: Here, visitor: Who, upload_id: UploadId) -> None:
    """Break an upload off; what arrived is deleted."""
    _own(here, visitor, upload_id)
    here.store.delete_upload(upload_id)


@routes.post("/uploads/{upload_id}/finish", role="admin", status_code=202)
def finish_upload(here: Here, visitor: Who, upload_id: UploadId, facts: UploadFacts) -> JobShown:
    """All has arrived: look through it."""
    upload = _own(here, visitor, upload_id)
    camera = given_camera(visitor, facts.camera)
    if upload.received == upload.size:
        _check_media(here, upload)
        if upload.sha256 is not None and content_hash(upload.path) != upload.sha256:
            here.store.delete_upload(upload_id)
            raise Problem(
                422, f"{upload.name}: what arrived is not what was announced (SHA-256 differs): send it again"
            )
    path = here.store.finish_upload(upload_id)
    start = None if facts.wall_start is None else facts.wall_start.isoformat()
    order = FootageOrder(
        (str(path),),
        camera=camera or camera_in(path.stem),
        start=start,
        start_from_name=AUTO if start is None else None,
    )
    return job_shown(add_order(here, visitor, order))


def _own(here: Context, visitor: Visitor, upload_id: str) -> Upload:
    upload = here.store.upload(upload_id)
    if upload.who != visitor.name:
        raise not_found("upload")
    return upload


def _write(here: Context, upload: Upload, offset: int, piece: bytes) -> Upload:
    if offset > upload.received:
        raise Problem(409, f"{upload.name}: {upload.received} bytes have arrived: go on from there")
    written = here.store.write_upload(upload.id, offset, piece)
    if written.received >= min(_HEAD, written.size) > upload.received:
        # Whoever sends what is no footage is told at the beginning, not after a hundred gigabytes.
        _check_media(here, written)
    return written


def _check_media(here: Context, upload: Upload) -> None:
    """Refuse what is no footage, by what the file really is; its name does not count."""
    if kind_of(upload.path) == "unknown":
        here.store.delete_upload(upload.id)
        raise Problem(415, f"{upload.name}: this is neither a video nor a picture")


def _shown(upload: Upload) -> UploadShown:
    return UploadShown(id=upload.id, name=upload.name, size=upload.size, received=upload.received)
