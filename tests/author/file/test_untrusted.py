"""Data of unknown origin: what it seems to be, and JSON that cannot mislead."""

import gzip
import io
import json
import math
import pickle
import re
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.author.file.untrusted import describe_foreign, parse_json


def zipped() -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.pkl", b"x")
    return file.getvalue()


def numpy_array() -> bytes:
    """What numpy saves."""
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "it is empty"),
        (zipped(), r"PyTorch saves checkpoints \(.pt\); such a file can hold code and is never opened"),
        *[(pickle.dumps([1], protocol=protocol), "it is a pickle") for protocol in (2, 3, 4, 5)],
        (gzip.compress(b"x"), "Unpack it first"),
        (b"GGUF\x03\0\0\0", "it is a GGUF file"),
        (b"\x89HDF\r\n\x1a\n", "Keras"),
        (numpy_array(), "numpy array"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        ("It was a dark night.\n— “Grüße” —\r\n".encode(), "it is a text file. To learn from it"),
        (b"\x01\x02\x03", "not a safetensors file, or its beginning is damaged"),
        (bytes(range(256)), "not a safetensors file"),
    ],
)
def test_a_foreign_file_is_told_what_it_is(data: bytes, sentence: str) -> None:
    assert re.search(sentence, describe_foreign(data))


@given(st.binary(max_size=100))
def test_every_beginning_has_a_sentence(data: bytes) -> None:
    assert describe_foreign(data).startswith("it ")
    assert describe_foreign(data).endswith(".")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
    max_leaves=8,
)


@given(values)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'[{"b": {"a": 1, "a": 1}}]',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" * 21,
        b"1" * 5_000,
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b"[1] [2]",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_json_that_could_mislead_or_exhaust_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        parse_json(data)


@given(st.binary(max_size=60))
def test_bytes_are_json_or_a_value_error(data: bytes) -> None:
    try:
        value = parse_json(data)
    except ValueError:
        return
    assert not isinstance(value, float) or math.isfinite(value)
