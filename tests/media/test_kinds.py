"""What a file is, by its first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.media.kinds import HEAD, Kind, kind_of_head


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image"),
        (b"\x89PNG\r\n\x1a\n....", "image"),
        (b"GIF89a", "image"),
        (b"RIFF....WEBPVP8 ", "image"),
        (b"BM" + bytes(30), "image"),
        (b"II*\0", "image"),
        (b"P6\n3 3\n255\n", "image"),
        (b"\0\0\0\x20ftypavif", "image"),
        (b"\0\0\0\x20ftypheic", "image"),
        (b"\0\0\0\x20ftypisom", "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video"),
        (b"RIFF....AVI LIST", "video"),
        (b"\x1a\x45\xdf\xa3", "video"),
        (b"FLV\x01", "video"),
        (b"\0\0\1\xba", "video"),
        (b"\0\0\0\1\x67\x42", "video"),
        (b"\0\0\0\1\x40\x01", "video"),
        ((b"G" + bytes(187)) * 5, "video"),
        ((b"...." + b"G" + bytes(187)) * 5, "video"),
        (b"RIFF....WAVEfmt ", "unknown"),
        (b"ID3\x03", "unknown"),
        (b"#EXTM3U\n", "unknown"),
        (b"BMW is a maker of cars, as everybody knows", "unknown"),
        (b"Good morning", "unknown"),
        (b"", "unknown"),
    ],
)
def test_known_beginnings(head: bytes, kind: Kind) -> None:
    assert kind_of_head(head) == kind


@given(st.binary(max_size=HEAD))
def test_anything_has_a_kind(head: bytes) -> None:
    assert kind_of_head(head) in {"image", "video", "unknown"}
