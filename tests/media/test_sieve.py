"""Which packets may be left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reseen.media.sieve import ReferenceSieve

KEY, REFERENCE, SPARE, OTHER = 0x65, 0x41, 0x01, 0x06
RECORD = bytes([1, 100, 0, 31, 0xFF])


def by_length(*units: int) -> memoryview:
    return memoryview(b"".join((3).to_bytes(4, "big") + bytes([unit, 0, 0]) for unit in units))


def by_start(*units: int) -> memoryview:
    return memoryview(b"".join(b"\0\0\1" + bytes([unit, 7, 7]) for unit in units))


def sieve(extradata: bytes | None = RECORD) -> ReferenceSieve:
    return ReferenceSieve(extradata, lambda ticks: ticks // 10)


def test_only_what_nothing_is_built_on() -> None:
    for pack, extradata in ((by_length, RECORD), (by_start, None), (by_start, b"\0\0\0\1\x67")):
        one = sieve(extradata)
        assert not one.leaves_out(0, True, pack(OTHER, KEY))
        assert not one.leaves_out(4, False, pack(OTHER, REFERENCE))
        assert one.leaves_out(2, False, pack(OTHER, SPARE))
        assert not one.leaves_out(3, False, pack(OTHER))
        assert not one.leaves_out(5, False, memoryview(b""))


def test_never_the_first_of_its_cell() -> None:
    one = sieve()
    assert not one.leaves_out(0, True, by_length(KEY))
    assert not one.leaves_out(14, False, by_length(SPARE))
    assert not one.leaves_out(11, False, by_length(SPARE))
    assert one.leaves_out(12, False, by_length(SPARE))


def test_before_what_is_asked_for_only_references_count() -> None:
    one = ReferenceSieve(RECORD, lambda ticks: ticks // 10, 50)
    assert not one.leaves_out(0, True, by_length(KEY))
    assert one.leaves_out(10, False, by_length(SPARE))
    assert not one.leaves_out(20, False, by_length(REFERENCE))
    assert not one.leaves_out(50, False, by_length(SPARE))
    assert one.leaves_out(55, False, by_length(SPARE))


def test_damaged_packets_are_kept() -> None:
    one = sieve()
    one.leaves_out(0, True, by_length(KEY))
    assert not one.leaves_out(3, False, memoryview(b"\xff\xff\xff\xff\x01"[:4]))
    assert not one.leaves_out(4, False, memoryview((9).to_bytes(4, "big") + bytes([OTHER])))


@given(st.permutations(list(range(60))), st.lists(st.booleans(), min_size=60, max_size=60))
def test_whatever_the_order_the_first_of_each_cell_is_kept(order: list[int], spare: list[bool]) -> None:
    one = sieve()
    kept = {
        ticks for ticks in order if not one.leaves_out(ticks, False, by_length(SPARE if spare[ticks] else REFERENCE))
    }
    assert {cell * 10 for cell in range(6)} <= kept
    assert {ticks for ticks in range(60) if not spare[ticks]} <= kept
