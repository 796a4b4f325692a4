"""File compressors as predictors."""

import bz2
import gzip
import lzma
import random

import pytest

from penwright.evaluation.baselines.compressors import COMPRESSORS, packed_bits, packed_bits_after

PROSE = b"The kettle had been thinking for some time, and at last it spoke. " * 40


@pytest.mark.parametrize(
    ("name", "unpack"), [("gzip -9", gzip.decompress), ("bzip2 -9", bz2.decompress), ("xz -9e", lzma.decompress)]
)
def test_every_compressor_packs_a_file_that_its_tool_unpacks(name: str, unpack) -> None:
    packed = COMPRESSORS[name](PROSE)
    assert unpack(packed) == PROSE
    assert packed_bits(PROSE, compressor=name) == 8 * len(packed) < 8 * len(PROSE) / 10


def test_packing_is_the_same_each_time() -> None:
    """A time stamp in gzip's header would not change the size, but a cached report should be repeatable."""
    assert COMPRESSORS["gzip -9"](PROSE) == COMPRESSORS["gzip -9"](PROSE)


@pytest.mark.parametrize("num_bytes", [0, 100, 5_000, 60_000])
def test_a_smaller_dictionary_packs_as_well_as_the_tool(num_bytes: int) -> None:
    data = bytes(random.Random(5).choices(b"abc ", k=num_bytes))
    assert len(COMPRESSORS["xz -9e"](data)) == len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def test_text_seen_before_costs_almost_nothing() -> None:
    letters = random.Random(3).choices(b"abcdefghijklmnopqrstuvwxyz ", k=5000)
    text = bytes(letters)
    alone = packed_bits(text, compressor="xz -9e")
    assert packed_bits_after(text, before=text) < alone / 20
    assert packed_bits_after(text, before=PROSE) == pytest.approx(alone, rel=0.05)
