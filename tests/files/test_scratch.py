"""What is put on disk for a while comes back as it was, bucket by bucket, and leaves nothing behind."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.errors import CorpusError
from penwright.files import scratch
from penwright.files.scratch import Buckets, Scratch

RECORD = np.dtype([("number", np.int64), ("owner", np.int32)])


def test_arrays_come_back_from_their_places(tmp_path: Path) -> None:
    with Scratch(tmp_path) as kept:
        first = kept.write([np.arange(5, dtype=np.uint64), np.array([7, 9], dtype=np.int64)])
        second = kept.write([np.zeros(0, dtype=np.int32), np.array([3], dtype=np.int32)])
        assert kept.read(first, dtype=np.dtype(np.uint64), count=5).tolist() == [0, 1, 2, 3, 4]
        assert kept.read(first + 40, dtype=np.dtype(np.int64), count=2).tolist() == [7, 9]
        assert kept.read(second, dtype=np.dtype(np.int32), count=1).tolist() == [3]
        third = kept.write([np.array([8], dtype=np.int32)])
        assert kept.read(third, dtype=np.dtype(np.int32), count=1).tolist() == [8], "reading does not move the end"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with Scratch(tmp_path) as kept:
        kept.write([np.arange(5)])
        assert os.name == "nt" or not list(tmp_path.iterdir()), "a killed process leaves no file"
    assert not list(tmp_path.iterdir())


def test_without_a_folder_it_lies_where_the_system_keeps_such_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CorpusError, match=r"could not be kept in .*missing \(.+\)\. Make room there, and run again"):
        Scratch(None)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no file that is always full")
    with Scratch(tmp_path) as kept, Path("/dev/full").open("wb", buffering=0) as full:
        kept._file.close()
        kept._file = full
        with pytest.raises(CorpusError, match="could not be kept"):
            kept.write([np.arange(5)])


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 9), st.integers(1, 15))
def test_each_bucket_holds_what_was_put_in_it_in_order(owners: list[int], run_records: int, step: int) -> None:
    records = np.array(list(enumerate(owners)), dtype=RECORD)
    with pytest.MonkeyPatch.context() as patch, Scratch(None) as kept:
        patch.setattr(scratch, "RUN_RECORDS", run_records)
        buckets = Buckets(kept, num_buckets=7, dtype=RECORD)
        for start in range(0, len(records), step):
            some = records[start : start + step]
            buckets.put(some, buckets=some["owner"].astype(np.int64))
        for bucket in range(7):
            assert buckets.take(bucket).tolist() == records[records["owner"] == bucket].tolist()
