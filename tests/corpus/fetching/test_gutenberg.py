"""From the catalogue to a folder of books, by each of the ways, with everything that goes wrong on the road."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from book_server import BookServer, Served
from gutenberg_site import BOOKS, FEEDS, PUBLIC, catalogue_of, fill, text_of

from penwright.corpus.fetching.catalogue import Wish
from penwright.corpus.fetching.gutenberg import fetch_books
from penwright.corpus.fetching.intake import Arrived, BookIntake, FetchSummary, alone
from penwright.corpus.fetching.plan import Origin, Way, make_plan
from penwright.corpus.fetching.web import Web
from penwright.corpus.preparing import prepare
from penwright.corpus.sources.fetched import read_record
from penwright.errors import FetchError, ReadingError

BY_NUMBER = {book.number: book for book in BOOKS}
WANTED = [11, 84, 98, 135, 9001, 9002]
"""Books that the default wish chooses and that are not under copyright."""


class Place:
    """A folder, a cache and a server, between which books are fetched."""

    def __init__(self, server: BookServer, web: Web, root: Path) -> None:
        self.server, self.web, self.folder, self.cache = server, web, root / "books", root / "cache"

    @property
    def origin(self) -> Origin:
        """The server in the place of every mirror."""
        return Origin(mirror=self.server.url, feeds=(self.server.url,))

    def fetch(self, way: Way | None = None, *, is_refresh: bool = False, **wish: object) -> FetchSummary:
        origin = replace(self.origin, way=way)
        asked = Wish(**wish)  # type: ignore[arg-type]
        plan = make_plan(self.web, self.folder, wish=asked, origin=origin, cache_dir=self.cache, is_refresh=is_refresh)
        return fetch_books(self.web, plan, today="2026-11-30", cache_dir=self.cache)

    @property
    def numbers(self) -> list[int]:
        return [int(book.id) for book in read_record(self.folder / "fetched.csv").values()]

    def asked(self) -> list[str]:
        """Paths asked for since the last call, without those of the catalogue."""
        paths = [path for path in self.server.asked if "catalog" not in path]
        self.server.requests.clear()
        return paths


@pytest.fixture
def place(server: BookServer, web: Web, tmp_path: Path) -> Place:
    fill(server)
    return Place(server, web, tmp_path)


@pytest.mark.parametrize("way", ["files", "archive"])
def test_the_wanted_books_arrive_with_their_record(way: Way, place: Place) -> None:
    summary = place.fetch(way)
    assert (summary.num_fetched, summary.num_present) == (len(WANTED), 0)
    assert [(book.number, reason) for book, reason in summary.left_out] == [(3000, "is under copyright")]
    record = read_record(place.folder / "fetched.csv")
    assert sorted(record) == sorted(f"pg{number}.txt" for number in WANTED)
    assert sorted(path.name for path in place.folder.iterdir()) == sorted([*record, "fetched.csv"])
    for number in WANTED:
        assert (place.folder / f"pg{number}.txt").read_bytes() == text_of(BY_NUMBER[number])
    tale = record["pg98.txt"]
    assert (tale.id, tale.author, tale.language, tale.rights) == ("98", "Charles Dickens", "en", PUBLIC)
    assert tale.title == "A Tale of Two Cities: A Story of the French Revolution"
    member = "cache/epub/98/pg98.txt"
    feed = f"{FEEDS}/txt-files.tar.zip#{member}"
    assert tale.url == place.server.url + (feed if way == "archive" else f"/{member}")
    assert (tale.date, tale.etag) == ("2026-11-30", '"one"')


@pytest.mark.parametrize("way", ["files", "archive"])
def test_a_second_run_asks_for_nothing_that_is_there(way: Way, place: Place) -> None:
    place.fetch(way)
    place.asked()
    summary = place.fetch(way)
    assert (summary.num_fetched, summary.num_present) == (0, len(WANTED))
    assert place.asked() in ([], [f"{FEEDS}/rdf-files.tar.bz2"])  # whether the rights of the last book have changed
    (place.folder / "pg84.txt").unlink()
    (place.folder / "pg98.txt").write_bytes(b"cut")
    assert place.fetch("files").num_fetched == 2
    assert place.asked() == ["/cache/epub/84/pg84.txt", "/cache/epub/98/pg98.txt"]


@pytest.mark.parametrize("way", ["files", "archive"])
def test_a_refresh_fetches_what_has_changed(way: Way, place: Place) -> None:
    place.fetch(way)
    place.asked()
    summary = place.fetch(way, is_refresh=True)
    assert (summary.num_fetched, summary.num_present) == (0, len(WANTED))
    assert len(place.asked()) == (2 if way == "archive" else len(WANTED))  # none was sent again
    fill(place.server, more=b"One more line.\r\n", etag='"two"')
    summary = place.fetch(way, is_refresh=True)
    assert (summary.num_fetched, summary.num_present) == (1, len(WANTED) - 1)
    assert (place.folder / "pg84.txt").read_bytes().endswith(b"One more line.\r\n")


def test_a_killed_run_goes_on_where_it_stopped(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)).encode()
    fill(place.server, more=long)  # over a megabyte, which does not pack well
    taken: list[int] = []

    def take_one(self: BookIntake, arrived: Arrived) -> bool:
        if taken:
            raise KeyboardInterrupt
        taken.append(arrived.book.number)
        return plain_take(self, arrived)

    plain_take = BookIntake.take
    with monkeypatch.context() as patch:
        patch.setattr(BookIntake, "take", take_one)
        with pytest.raises(KeyboardInterrupt):
            place.fetch("archive")
    assert (place.numbers, taken) == ([11], [11])
    place.server.requests.clear()
    assert place.fetch("archive").num_fetched == len(WANTED) - 1
    assert sorted(place.numbers) == WANTED
    (sent,) = [headers.get("range", "") for path, headers in place.server.requests if "txt-files" in path][-1:]
    assert sent.startswith("bytes=") and sent != "bytes=0-"
    assert not (place.folder / ".penwright-fetch").exists()


@pytest.mark.parametrize("way", ["files", "archive"])
def test_a_page_in_the_place_of_a_book_ends_it_and_keeps_the_others(way: Way, place: Place) -> None:
    place.server.files["/cache/epub/98/pg98.txt"].faults = ["page"]
    place.server.files[f"{FEEDS}/txt-files.tar.zip"].faults = ["page"]
    with pytest.raises(FetchError, match="a page of HTML where a file was due"):
        place.fetch(way)
    assert place.numbers == ([11, 84] if way == "files" else []) if way == "files" else True
    place.asked()
    assert place.fetch(way).num_fetched == (4 if way == "files" else 6)


def test_a_refusal_ends_it_and_the_next_run_goes_on(place: Place) -> None:
    place.server.files["/cache/epub/98/pg98.txt"].faults = ["403", "429 9999"]
    for why in ("refuses this request", "asks for fewer requests"):
        with pytest.raises(FetchError, match=why):
            place.fetch("files")
        assert place.numbers == [11, 84]
    assert sorted(path.name for path in place.folder.glob("pg*")) == ["pg11.txt", "pg84.txt"]
    assert place.fetch("files").num_fetched == 4


def test_books_are_found_where_mirrors_have_them(place: Place) -> None:
    files = place.server.files
    files["/9/8/98/98-8.txt"] = files.pop("/cache/epub/98/pg98.txt")
    files["/1/1/11-0.txt"] = Served(b"in another folder")
    files["/1/11/11-0.txt"] = files.pop("/cache/epub/11/pg11.txt")
    files["/1/11/11.txt"] = Served(b"in ASCII")
    files["/cache/epub/84/pg84.txt"].faults = ["redirect /elsewhere"]
    files["/elsewhere"] = Served(b"moved text")
    del files["/cache/epub/135/pg135.txt"]
    files.pop("/cache/epub/9001/pg9001.rdf")
    del files["/9/8/98/98-8.txt"]
    files["/9/98/98-8.txt"] = Served(text_of(BY_NUMBER[98]))
    summary = place.fetch("files")
    reasons = {book.number: reason for book, reason in summary.left_out}
    assert reasons == {3000: "is under copyright", 135: "is not on the mirror as plain text"}
    record = read_record(place.folder / "fetched.csv")
    assert record["pg11.txt"].url.endswith("/1/11/11-0.txt")
    assert record["pg98.txt"].url.endswith("/9/98/98-8.txt")
    assert (place.folder / "pg84.txt").read_bytes() == b"moved text"
    assert record["pg9001.txt"].rights == ""


def test_a_book_that_cannot_be_read_does_not_stop_the_others(place: Place) -> None:
    place.server.files["/cache/epub/84/pg84.txt"].data = b""
    place.server.files["/cache/epub/98/pg98.txt"].data = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    place.server.files["/cache/epub/11/pg11.txt"].data = bytes(65 << 20)
    summary = place.fetch("files")
    reasons = {book.number: reason for book, reason in summary.left_out}
    assert set(reasons) == {11, 84, 98, 3000}
    assert "pg84.txt is empty" in reasons[84] and "is no text" in reasons[98] and "at most" in reasons[11]
    assert summary.num_fetched == 3


def test_a_notice_in_the_text_is_enough_to_leave_a_book_out(place: Place) -> None:
    del place.server.files["/cache/epub/3000/pg3000.rdf"]
    del place.server.files[f"{FEEDS}/rdf-files.tar.bz2"]
    for way in ("files", "archive"):
        summary = place.fetch(way, authors=("living",))
        assert [(book.number, reason) for book, reason in summary.left_out] == [(3000, "is under copyright")]
        assert not list(place.folder.glob("pg*"))


@pytest.mark.parametrize("num_bytes", [0, 30, 700, -30])
def test_a_damaged_archive_is_told(num_bytes: int, place: Place) -> None:
    archive = place.server.files[f"{FEEDS}/txt-files.tar.zip"]
    archive.data = archive.data[:num_bytes] if num_bytes >= 0 else b"PK\x03\x04" + bytes(200)
    with pytest.raises(ReadingError, match="txt-files.tar.zip is "):
        place.fetch("archive")
    fill(place.server)  # under the same tag: nothing of the damaged one may be used again
    assert place.fetch("archive").num_fetched == len(WANTED)


@pytest.mark.parametrize("address", ["https://www.gutenberg.org", "http://gutenberg.org/", "https://WWW.gutenberg.org"])
def test_no_single_books_are_asked_of_the_site_for_people(
    address: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Origin, "feed_urls", lambda self, name: [f"{place.server.url}{FEEDS}/{name}"])
    with pytest.raises(FetchError, match="is for people"):
        make_plan(place.web, place.folder, wish=Wish(), origin=Origin(mirror=address), cache_dir=place.cache)


def test_the_way_follows_from_the_number_of_books(place: Place) -> None:
    def way(num_books: int) -> Way:
        books = tuple(BOOKS[0]._replace(number=number, title=f"Tale {number}") for number in range(1, num_books + 1))
        place.server.files[f"{FEEDS}/pg_catalog.csv.gz"] = Served(catalogue_of(books), etag=f'"{num_books}"')
        return make_plan(place.web, place.folder, wish=Wish(), origin=place.origin, cache_dir=place.cache).way

    assert [way(100), way(101)] == ["files", "archive"]


def test_without_a_network_the_catalogue_that_is_here_is_used(place: Place) -> None:
    place.fetch("files", limit=1)
    place.server.shutdown()
    place.server.server_close()
    plan = make_plan(
        place.web,
        place.folder,
        wish=Wish(limit=1),
        origin=place.origin,
        cache_dir=place.cache,
    )
    assert not plan.missing
    assert "there is no connection to" in plan.catalogue.warning and "is used" in plan.catalogue.warning


def test_a_wish_that_no_book_fits_is_told(place: Place) -> None:
    with pytest.raises(FetchError, match=r"none of the 12 books of the catalogue fits"):
        place.fetch("files", language="eng")


def test_two_runs_do_not_fetch_into_one_folder(place: Place) -> None:
    place.folder.mkdir()
    with alone(place.folder), pytest.raises(FetchError, match="another process fetches into"):
        place.fetch("files")


def test_a_fetched_folder_is_a_shelf_with_the_titles_of_the_catalogue(place: Place, tmp_path: Path) -> None:
    place.fetch("archive")
    (place.folder / "mine.txt").write_text("My own story. " * 99, encoding="utf-8")
    (place.folder / "pg84.txt").write_bytes(text_of(BY_NUMBER[84]) + b"Changed since.\r\n")
    corpus = prepare(place.folder, cache_dir=tmp_path / "prepared", workers=1)
    titles = {book.source: (book.title, book.author) for book in corpus.books}
    assert titles["pg98.txt"] == ("A Tale of Two Cities: A Story of the French Revolution", "Charles Dickens")
    assert titles["pg84.txt"] == ("Frankenstein; Or, The Modern Prometheus", "Shelley")
    assert len(titles) == len(WANTED) + 1
    assert not corpus.skipped


@pytest.mark.skipif(shutil.which("rsync") is None, reason="the program rsync is not installed")
def test_by_rsync_only_wanted_files_are_copied(place: Place, tmp_path: Path) -> None:
    for path, served in list(place.server.files.items()):
        if FEEDS not in path:
            file = tmp_path / "mirror" / path.removeprefix("/cache/epub/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(served.data)
            os.utime(file, (1_700_000_000, 1_700_000_000))
    with rsync_server(tmp_path) as address:
        origin = Origin(mirror=address, way="rsync", feeds=(place.server.url,))
        plan = make_plan(place.web, place.folder, wish=Wish(), origin=origin, cache_dir=place.cache)
        (tmp_path / "mirror" / "135" / "pg135.txt").unlink()
        summary = fetch_books(place.web, plan, today="2026-11-30", cache_dir=place.cache)
        reasons = {book.number: reason for book, reason in summary.left_out}
        assert reasons == {3000: "is under copyright", 135: "is not on the mirror as plain text"}
        record = read_record(place.folder / "fetched.csv")
        assert sorted(record) == [f"{n}/pg{n}.txt" for n in (11, 84, 9001, 9002, 98)]
        assert sorted(str(path.relative_to(place.folder)) for path in place.folder.rglob("*") if path.is_file()) == [
            *sorted(record), "fetched.csv"
        ]  # fmt: skip
        assert record["84/pg84.txt"].rights == PUBLIC
        (tmp_path / "mirror" / "84" / "pg84.txt").write_bytes(text_of(BY_NUMBER[84]) + b"More.\r\n")
        summary = fetch_books(place.web, plan, today="2026-12-01", cache_dir=place.cache)
        assert (summary.num_fetched, summary.num_present) == (1, 4)
    with pytest.raises(FetchError, match="rsync failed with status"):
        fetch_books(place.web, plan, today="2026-12-01", cache_dir=place.cache)


@contextmanager
def rsync_server(folder: Path) -> Iterator[str]:
    """Serve a folder named mirror by rsync's own daemon."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "rsyncd.conf").write_text(
        f"address = 127.0.0.1\nport = {port}\nuse chroot = no\n[gutenberg-epub]\npath = {folder / 'mirror'}\n"
        f"read only = yes\nuid = {os.getuid()}\ngid = {os.getgid()}\n",
        encoding="utf-8",
    )
    command = ["rsync", "--daemon", "--no-detach", f"--config={folder / 'rsyncd.conf'}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        try:
            yield f"rsync://127.0.0.1:{port}/gutenberg-epub"
        finally:
            daemon.terminate()


def test_without_the_program_rsync_it_is_one_sentence(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    origin = Origin(mirror="rsync://example.org/gutenberg-epub", way="rsync")
    with pytest.raises(FetchError, match="there is no program rsync on this machine"):
        make_plan(place.web, place.folder, wish=Wish(), origin=origin, cache_dir=place.cache)
    assert not place.asked()
    with pytest.raises(FetchError, match="is no address of a mirror"):
        Origin(mirror="rsync://host", way="rsync")
