"""Data sets of the hub, by its own client, from a server that answers as the hub does."""

import gzip
import io
import json
from pathlib import Path

import pytest
from book_server import BookServer, Served

from penwright.corpus.fetching.hub import Hub
from penwright.corpus.fetching.hub_books import fetch_dataset
from penwright.corpus.sources.fetched import read_record
from penwright.corpus.sources.listing import list_books
from penwright.errors import FetchError, MissingExtraError, ReadingError

pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
pyarrow = pytest.importorskip("pyarrow", reason="the extra `hub` is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `hub` is not installed")

NAME, COMMIT = "people/books", "c0ffee" * 6 + "abcd"


def text_of(number: int) -> str:
    return f"The story of book {number}. " * 30


def table(numbers: range) -> bytes:
    file = io.BytesIO()
    meta = [json.dumps({"language": "fr" if number % 5 == 0 else "en", "authors": ["A. Writer"]}) for number in numbers]
    columns = {"TEXT": [text_of(number) for number in numbers], "title": [f"Book {number}" for number in numbers]}
    parquet.write_table(pyarrow.table({**columns, "METADATA": meta}), file, row_group_size=4)
    return file.getvalue()


def lines(numbers: range) -> bytes:
    rows = [{"id": str(number), "text": text_of(number), "metadata": {"language": "en"}} for number in numbers]
    return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())


@pytest.fixture
def files() -> dict[str, bytes]:
    return {
        "data/train-00000-of-00002.parquet": table(range(10)),
        "data/train-00001-of-00002.parquet": table(range(10, 15)),
        "data/v0/test.jsonl.gz": lines(range(15, 18)),
        "README.md": b"# Books\n",
    }


def put(server: BookServer, files: dict[str, bytes]) -> None:
    """Answer for a data set with these files."""
    api = f"/api/datasets/{NAME}"
    info = {"id": NAME, "sha": COMMIT, "private": False, "tags": [], "siblings": [], "cardData": {"license": "mit"}}
    for path in (api, f"{api}/revision/{COMMIT}"):
        server.files[path] = Served(json.dumps(info).encode(), kind="application/json", etag="", modified="")
    tree = [{"type": "file", "path": path, "size": len(data), "oid": "0" * 40} for path, data in files.items()]
    for folder in {"", *(path.rpartition("/")[0] for path in files)}:
        for words in ("recursive=true&expand=false", "recursive=false&expand=false"):
            body = json.dumps([entry for entry in tree if str(entry["path"]).startswith(folder)]).encode()
            path = "/".join(filter(None, (f"{api}/tree/{COMMIT}", folder.replace("/", "%2F")))) + f"?{words}"
            server.files[path] = Served(body, kind="application/json", etag="", modified="")
    for path, data in files.items():
        server.files[f"/datasets/{NAME}/resolve/{COMMIT}/{path}"] = Served(data, kind="application/octet-stream")


@pytest.fixture
def hub(server: BookServer, files: dict[str, bytes]) -> Hub:
    put(server, files)
    return Hub(endpoint=server.url)


def fetch(hub: Hub, folder: Path, *, pattern: str = "*", **options: object) -> int:
    dataset = hub.dataset(NAME, pattern=pattern)
    return fetch_dataset(hub, dataset, folder, today="2026-11-30", **options).num_fetched  # type: ignore[arg-type]


def test_every_row_becomes_a_file_with_its_record(hub: Hub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path) == 18
    record = read_record(tmp_path / "fetched.csv")
    assert len(record) == 18
    book = record["data-train-00001-of-00002-000002.txt"]
    assert (book.title, book.author, book.language, book.rights) == ("Book 12", "A. Writer", "en", "mit")
    assert book.url == f"hf://datasets/{NAME}@{COMMIT}/data/train-00001-of-00002.parquet#2"
    assert (tmp_path / book.path).read_text(encoding="utf-8") == text_of(12)
    assert (tmp_path / "data-v0-test-000001.txt").read_text(encoding="utf-8") == text_of(16)
    listing = list_books(tmp_path)
    titles = {source.name: listing.details_of(index).get("Title") for index, source in enumerate(listing.sources)}
    assert titles["data-train-00001-of-00002-000002.txt"] == "Book 12"
    assert len(titles) == 18


def test_files_languages_and_a_limit_choose(hub: Hub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path / "a", pattern="data/v0/*") == 3
    assert fetch(hub, tmp_path / "b", pattern="data/train-*", language="en") == 12
    assert fetch(hub, tmp_path / "c", limit=11) == 11
    with pytest.raises(FetchError, match=r"no file that fits images/\* .*It has data/train-0"):
        hub.dataset(NAME, pattern="images/*")


def test_a_second_run_goes_on_behind_the_last_row(hub: Hub, server: BookServer, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path, limit=6) == 6
    assert fetch(hub, tmp_path, limit=6) == 0
    (tmp_path / "data-train-00000-of-00002-000003.txt").unlink()
    assert fetch(hub, tmp_path, limit=8) == 3
    assert fetch(hub, tmp_path) == 10
    assert sorted(int(book.path[-8:-4]) for book in read_record(tmp_path / "fetched.csv").values()) == sorted(
        [*range(10), *range(5), *range(3)]
    )


def test_only_the_beginning_is_fetched_for_a_few_books(hub: Hub, server: BookServer, tmp_path: Path) -> None:
    fetch(hub, tmp_path, limit=3)
    read = [path for path in server.asked if "/resolve/" in path]
    assert read and all(path.endswith("train-00000-of-00002.parquet") for path in read)


@pytest.mark.parametrize(
    ("fault", "why"),
    [("404", "has no data set people/books, or it is private"), ("400", "answers with status 400")],
)
def test_a_hub_that_refuses_is_one_sentence(fault: str, why: str, hub: Hub, server: BookServer) -> None:
    server.files[f"/api/datasets/{NAME}"].faults = [fault] * 9
    with pytest.raises(FetchError, match=why):
        hub.dataset(NAME)


def test_a_refusal_in_the_middle_keeps_what_has_arrived(hub: Hub, server: BookServer, tmp_path: Path) -> None:
    server.files[f"/datasets/{NAME}/resolve/{COMMIT}/data/train-00001-of-00002.parquet"].faults = ["403"] * 9
    with pytest.raises(FetchError, match="answers with status 403"):
        fetch(hub, tmp_path)
    assert len(read_record(tmp_path / "fetched.csv")) == 10


@pytest.mark.parametrize("name", ["../etc", "a/b/c", "a b"])
def test_a_name_that_is_none_is_told(name: str, hub: Hub) -> None:
    with pytest.raises(FetchError, match="is no name of a data set"):
        hub.dataset(name)


def test_without_a_network_it_is_one_sentence(server: BookServer, hub: Hub) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError, match=r"could not be read from the hub .*Is this machine online\?"):
        hub.dataset(NAME)


def test_a_file_without_texts_or_damaged_is_told(files: dict[str, bytes], server: BookServer, tmp_path: Path) -> None:
    for data, why in (
        (b'{"number": 1}\n', "line 1, has no field of text"),
        (b"[1]\n", "line 1, has no field of text"),
        (b'{"text": "a"}\n{"text"', "is damaged"),
    ):
        put(server, {"a.jsonl": data})
        with pytest.raises(ReadingError, match=why):
            fetch(Hub(endpoint=server.url), tmp_path / "x")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"penwright\[hub\]"):
        Hub()
