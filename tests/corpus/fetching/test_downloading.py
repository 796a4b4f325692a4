"""Large files: broken connections, servers without ranges, files that change, programs that are killed."""

from pathlib import Path

import pytest
from book_server import BookServer, Served

from penwright.corpus.fetching.downloading import ChangedError, Download, KeptDownload, MissingError
from penwright.corpus.fetching.web import Web
from penwright.errors import FetchError

DATA = bytes(range(251)) * 4_000  # over a megabyte
MAX_BYTES = 1 << 24


def all_of(download: Download | KeptDownload, *, step: int = 50_000) -> bytes:
    return b"".join(iter(lambda: download.read(step), b""))


def test_a_file_is_read_in_steps(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(DATA)
    download = Download(web, f"{server.url}/a", max_bytes=MAX_BYTES)
    assert download.total == len(DATA)
    assert all_of(download) == DATA
    assert len(server.requests) == 1


@pytest.mark.parametrize("has_ranges", [True, False])
def test_a_break_is_mended(has_ranges: bool, server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(DATA, has_ranges=has_ranges, faults=["break 300000", "break 310000"])
    assert all_of(Download(web, f"{server.url}/a", max_bytes=MAX_BYTES)) == DATA
    later = "bytes=610000-" if has_ranges else "bytes=310000-"
    assert [headers.get("range") for _, headers in server.requests] == [None, "bytes=300000-", later]


def test_a_server_that_sends_less_than_it_says_is_given_up(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(DATA, has_ranges=False, faults=["short 5000"] * 99)
    with pytest.raises(FetchError, match="broke 6 times in a row"):
        all_of(Download(web, f"{server.url}/a", max_bytes=MAX_BYTES))


def test_a_file_without_a_length_is_read_to_its_end(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(DATA, faults=["chunked"])
    assert all_of(Download(web, f"{server.url}/a", max_bytes=MAX_BYTES)) == DATA


def test_a_file_that_changes_meanwhile_is_not_mixed(server: BookServer, web: Web) -> None:
    served = server.files["/a"] = Served(DATA, faults=["break 300000"])
    download = Download(web, f"{server.url}/a", max_bytes=MAX_BYTES)
    assert download.read(100_000) == DATA[:100_000]
    served.etag, served.modified, served.data = '"two"', "", DATA[::-1]
    with pytest.raises(ChangedError):
        all_of(download)


@pytest.mark.parametrize("fault", ["page", "chunked"])
def test_a_page_in_the_place_of_a_file_ends_it(fault: str, server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b" \n<HTML><body>no</body></HTML>", kind="text/plain", faults=[fault])
    with pytest.raises(FetchError, match="a page of HTML where a file was due"):
        all_of(Download(web, f"{server.url}/a", max_bytes=MAX_BYTES))


def test_a_file_that_is_missing_or_too_large_is_told(server: BookServer, web: Web) -> None:
    with pytest.raises(MissingError, match="there is no http.*404"):
        Download(web, f"{server.url}/a", max_bytes=MAX_BYTES)
    server.files["/a"] = Served(DATA, faults=["", "chunked"])
    with pytest.raises(FetchError, match="at most 1,000 are fetched"):
        Download(web, f"{server.url}/a", max_bytes=1_000)
    with pytest.raises(FetchError, match="sends more than"):
        all_of(Download(web, f"{server.url}/a", max_bytes=1_000))


@pytest.mark.parametrize("num_before", [0, 1, 300_000, len(DATA)])
def test_a_killed_program_goes_on_where_it_stopped(
    num_before: int, server: BookServer, web: Web, tmp_path: Path
) -> None:
    server.files["/a"] = Served(DATA)
    path = tmp_path / "work" / "a.part"
    first = KeptDownload(web, f"{server.url}/a", path=path, max_bytes=MAX_BYTES)
    while first.position < num_before:
        first.read(min(100_000, num_before - first.position))
    first._file.flush()  # what the system has when the program is killed
    second = KeptDownload(web, f"{server.url}/a", path=path, max_bytes=MAX_BYTES)
    assert second.num_resumed == num_before
    assert all_of(second) == DATA
    first.close()
    second.close()
    assert path.read_bytes() == DATA
    num_sent = sum(headers.get("range") != f"bytes={len(DATA)}-" for _, headers in server.requests)
    assert num_sent <= 3


def test_what_is_kept_of_another_version_is_dropped(server: BookServer, web: Web, tmp_path: Path) -> None:
    server.files["/a"] = Served(DATA)
    first = KeptDownload(web, f"{server.url}/a", path=tmp_path / "a", max_bytes=MAX_BYTES)
    first.read(300_000)
    first.close()
    server.files["/a"] = Served(DATA[::-1], etag='"two"')
    second = KeptDownload(web, f"{server.url}/a", path=tmp_path / "a", max_bytes=MAX_BYTES)
    assert all_of(second) == DATA[::-1]
    second.close()
    assert (tmp_path / "a").read_bytes() == DATA[::-1]
