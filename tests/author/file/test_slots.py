"""Slots in few bytes: any come back, and no bytes make more of them than there are."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from penwright.author.file.slots import deflated, inflated, max_bytes


@given(
    st.sampled_from(["int32", "int64"]).flatmap(lambda kind: arrays.arrays(kind, st.integers(0, 70), fill=st.just(0)))
)
def test_slots_come_back(slots: np.ndarray) -> None:
    packed = deflated(slots)
    assert len(packed) <= max_bytes(slots.size, slots.dtype)
    found = inflated(packed, num_slots=slots.size, dtype=slots.dtype)
    assert found.dtype == slots.dtype and np.array_equal(found, slots)


@pytest.mark.parametrize("raw", [b"", bytes(3), bytes(5), b"\x80" + bytes(3), bytes(1 << 24), b"\x80" + bytes(8)])
def test_bytes_that_hold_other_slots_are_refused(raw: bytes) -> None:
    for data in (zlib.compress(raw), zlib.compress(raw)[:-1], zlib.compress(raw) + b"a", raw):
        with pytest.raises(ValueError, match="its matches"):
            inflated(np.frombuffer(data, np.uint8), num_slots=32, dtype=np.dtype(np.int32))
