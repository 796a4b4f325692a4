"""Files that must not be lost: whole or not at all, whatever fails on the way."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penwright.files import durable, replacing, sha256_of, sync_file, sync_folder, write_bytes, write_json, write_text

on_posix = pytest.mark.skipif(os.name == "nt", reason="links and permissions are those of POSIX systems")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with an old version in it."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    return path


def test_a_new_version_takes_the_place_of_the_old_one(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit], ids=lambda error: error.__name__)
def test_an_error_leaves_the_old_version_and_nothing_else(path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), replacing(path) as file:
        file.write(b"half of the n")
        raise error
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_version_and_nothing_else(
    path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable.os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("call", "survivor"), [("fsync", b"old"), ("replace", b"old"), ("close", b"new")])
def test_a_process_killed_on_the_way_leaves_one_whole_version(path: Path, call: str, survivor: bytes) -> None:
    """The descriptor of the folder is closed last, so a death there comes after the rename."""
    program = f"""
import os, sys
from pathlib import Path
from penwright.files import durable
os.{call} = lambda *_: os._exit(9)
durable.write_bytes(Path(sys.argv[1]), b"new")
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 9
    assert path.read_bytes() == survivor


def test_the_content_is_flushed_before_the_rename(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(durable.os, "fsync", lambda number: (calls.append("fsync"), fsync(number)))
    monkeypatch.setattr(durable.os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    write_bytes(path, b"new")
    assert calls == (["fsync", "replace", "fsync"] if os.name != "nt" else ["fsync", "replace"])


def test_a_missing_folder_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_bytes(tmp_path / "none" / "a.bin", b"new")
    assert not (tmp_path / "none").exists()


@on_posix
def test_the_longest_name_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


@on_posix
def test_a_private_file_stays_private(path: Path) -> None:
    path.chmod(0o600)
    write_bytes(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@on_posix
def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path.name)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


@on_posix
def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        got = pool.submit(pipe.read_bytes)
        write_bytes(pipe, b"new")
        assert got.result(timeout=10) == b"new"
    assert pipe.is_fifo()


def test_a_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), replacing(tmp_path):
        pytest.fail("the block began")
    assert list(tmp_path.iterdir()) == []


@on_posix
def test_a_file_system_that_cannot_flush_folders_is_no_failure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(durable.os, "fsync", refuse)
    sync_folder(path.parent)


@on_posix
def test_a_failing_disk_is_reported_when_a_folder_is_flushed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(durable.os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        sync_folder(path.parent)


def test_a_file_can_be_flushed_after_it_was_closed(path: Path) -> None:
    sync_file(path)
    assert path.read_bytes() == b"old"


def test_text_is_utf_8_with_line_feeds(path: Path) -> None:
    write_text(path, "Grüße\n“—”\n")
    assert path.read_bytes() == "Grüße\n“—”\n".encode()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=8,
)


@given(json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_round_trips(path: Path, value: Any) -> None:
    write_json(path, value)
    assert json.loads(path.read_text(encoding="utf-8")) == value


def test_json_keeps_a_file_name_that_is_not_utf_8(path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt") if os.name != "nt" else "caf\udce9.txt"
    write_json(path, {"name": name})
    assert json.loads(path.read_bytes()) == {"name": name}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_refuses_what_is_no_number(path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, [value])
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("num_bytes", [0, 1, durable.CHUNK_BYTES - 1, durable.CHUNK_BYTES, durable.CHUNK_BYTES + 1])
def test_the_digest_is_that_of_all_bytes(path: Path, num_bytes: int) -> None:
    data = bytes(index % 251 for index in range(num_bytes))
    path.write_bytes(data)
    assert sha256_of(path) == hashlib.sha256(data).hexdigest()


def test_the_next_writer_removes_what_killed_writers_left_and_no_others_file(path: Path) -> None:
    abandoned, new, other = (
        path.with_name(name)
        for name in (f".{path.name}.0123abcd.tmp", f".{path.name}.4567abcd.tmp", ".another.89ababcd.tmp")
    )
    for each in (abandoned, new, other):
        each.write_bytes(b"half")
    for each in (abandoned, other):
        os.utime(each, (0, 0))
    write_text(path, "whole")
    assert [each.exists() for each in (abandoned, new, other)] == [False, True, True]


def test_a_file_that_can_be_made_again_is_whole_or_not_there_and_what_was_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "entry"
    with pytest.raises(KeyboardInterrupt), durable.replacing_unflushed(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with durable.replacing_unflushed(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    old, new, other = (tmp_path / name for name in (".entry.00000000.tmp", ".entry.00000001.tmp", ".other"))
    for left in (old, new, other):
        left.write_bytes(b"left")
    os.utime(old, (0, 0))
    durable.remove_asides(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other, path]
