"""Decompression stops at its bounds, whatever an archive declares, and says what was wrong."""

import bz2
import gzip as gzip_module
import lzma
import os
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.archives import unpacking
from penwright.corpus.archives.unpacking import CHUNK_BYTES, Decompressor, bzip2, collect, gzip, raw_deflate, unpack, xz
from penwright.errors import ReadingError


def deflated(data: bytes) -> bytes:
    """Raw deflate, as in a zip file."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKERS: list[tuple[Callable[[], Decompressor], Callable[[bytes], bytes]]] = [
    (raw_deflate, deflated),
    (gzip, gzip_module.compress),
    (bzip2, bz2.compress),
    (xz, lzma.compress),
]


def unpacked(packed: bytes, new_stream: Callable[[], Decompressor]) -> bytes:
    """All that the packed bytes hold."""
    return collect(unpack(BytesIO(packed).read, new_stream=new_stream, name="a.gz"), name="a.gz")


@pytest.mark.parametrize(("new_stream", "pack"), PACKERS)
def test_what_was_packed_comes_out(new_stream: Callable[[], Decompressor], pack: Callable[[bytes], bytes]) -> None:
    data = os.urandom(3 * CHUNK_BYTES) + b"It rained. " * 50_000
    assert unpacked(pack(data), new_stream) == data


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_streams_one_after_the_other_are_one(first: bytes, second: bytes) -> None:
    assert unpacked(gzip_module.compress(first) + gzip_module.compress(second), gzip) == first + second
    assert unpacked(bz2.compress(first) + bz2.compress(second) + b"\0" * 9, bzip2) == first + second


@pytest.mark.parametrize(("new_stream", "pack"), PACKERS)
def test_a_bomb_is_refused_before_it_fills_the_memory(
    new_stream: Callable[[], Decompressor], pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 100_000)
    bomb = pack(bytes(50_000_000))
    num_out = 0
    with pytest.raises(ReadingError, match=r"a.gz unpacks to more than 200 times its size, as no text does"):
        for chunk in unpack(BytesIO(bomb).read, new_stream=new_stream, name="a.gz"):
            num_out += len(chunk)
            assert len(chunk) <= CHUNK_BYTES
    assert num_out <= 100_000 + 200 * (len(bomb) + CHUNK_BYTES)


def test_nothing_held_back_at_the_end_is_lost() -> None:
    for num_bytes in range(2 * CHUNK_BYTES - 600, 2 * CHUNK_BYTES + 600, 37):
        assert len(unpacked(deflated(bytes(num_bytes)), raw_deflate)) == num_bytes


def test_a_short_text_of_one_line_repeated_is_no_bomb() -> None:
    assert unpacked(gzip_module.compress(b"na " * 300_000), gzip) == b"na " * 300_000


@pytest.mark.parametrize(("new_stream", "pack"), PACKERS)
def test_an_archive_cut_short_is_told(new_stream: Callable[[], Decompressor], pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ReadingError, match=r"a.gz is cut short: its packed data breaks off"):
        unpacked(pack(os.urandom(1_000))[:-20], new_stream)


@pytest.mark.parametrize(("new_stream", "pack"), PACKERS)
def test_damage_is_told(new_stream: Callable[[], Decompressor], pack: Callable[[bytes], bytes]) -> None:
    packed = bytearray(pack(b"It rained all day. " * 1_000))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    with pytest.raises(ReadingError, match=r"a.gz is (damaged|cut short)"):
        unpacked(bytes(packed), new_stream)


def test_more_than_the_bound_is_not_collected() -> None:
    def endless() -> "list[bytes]":
        return [b"a" * 1_000] * 1_000

    with pytest.raises(ReadingError, match=r"a is larger than 5,000 bytes when unpacked"):
        collect(iter(endless()), name="a", max_bytes=5_000)
