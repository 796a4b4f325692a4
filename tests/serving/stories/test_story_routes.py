"""Stories over a real socket: written on, refused, exported and brought in again."""

import base64
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from served import Client, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.records import StoryError
from penwright.serving.web.page import page_routes
from penwright.serving.web.stories import story_routes

TEXT = "It was dark.\n\n# The Lamp\n\nWho is there \U0001f56f?\n"


def node(id: str, parent: str, text: str, *, at: int = 0, by: str = "me") -> dict[str, Any]:
    return {"kind": "node", "id": id, "parent": parent, "at": at, "removed": "", "inserted": text, "by": by}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = StoryFolder(tmp_path_factory.mktemp("stories"))
    with running_server(routes=[*story_routes(folder), *page_routes()]) as found:
        yield found
    folder.close()


@pytest.fixture
def story(client: Client) -> str:
    """The id of a story with a text by two hands."""
    status, told = client.ask("POST", "/api/stories", {"title": "The <b>Lamp</b>"})
    assert status == 201 and told["revision"] == 1
    records = [node("a", "0", TEXT[:12]), node("b", "a", TEXT[12:], at=12, by="author"), {"kind": "head", "node": "b"}]
    path = f"/api/stories/{told['id']}/records"
    assert client.ask("POST", path, {"revision": 1, "records": records}) == (200, {"revision": 2})
    return str(told["id"])


def exported(client: Client, story: str, form: str) -> bytes:
    connection, response = client.open("GET", f"/api/stories/{story}/export?form={form}")
    assert response.status == 200 and "attachment" in response.getheader("Content-Disposition", "")
    data = response.read()
    connection.close()
    return data


def test_what_was_kept_is_told_whole_or_since_a_revision(client: Client, story: str) -> None:
    _, told = client.ask("GET", f"/api/stories/{story}")
    assert [each["kind"] for each in told["records"]] == ["title", "node", "node", "head"]
    _, told = client.ask("GET", f"/api/stories/{story}?since=1")
    assert [each["kind"] for each in told["records"]] == ["node", "node", "head"] and told["revision"] == 2
    _, told = client.ask("GET", "/api/stories")
    [found] = [each for each in told["stories"] if each["id"] == story]
    assert (found["title"], found["num_chars"]) == ("The <b>Lamp</b>", len(TEXT) + 1)


def test_conflicts_and_nonsense_are_refused_and_change_nothing(client: Client, story: str) -> None:
    path = f"/api/stories/{story}/records"
    status, told = client.ask("POST", path, {"revision": 1, "records": [node("c", "0", "x")]})
    assert status == 409 and told["error"]["code"] == "revision_conflict"
    for body, wanted in [
        ({"revision": 2, "records": []}, 400),
        ({"revision": 2}, 400),
        ({"revision": True, "records": [node("c", "0", "x")]}, 400),
        ({"revision": 2, "records": [node("c", "0", "x"), node("d", "nowhere", "x")]}, 400),
        ({"revision": 2, "records": [{"kind": "eval"}]}, 400),
        (b'{"revision": 2, "records": [{"kind": "title", "title": NaN}]}', 400),
    ]:
        assert client.ask("POST", path, body)[0] == wanted
    for id in ("0" * 16, "..", "%2e%2e%2fx", "a"):
        assert client.ask("GET", f"/api/stories/{id}")[0] == 404
    assert client.ask("GET", f"/api/stories/{story}?since=-1")[0] == 400
    assert client.ask("GET", f"/api/stories/{story}/export?form=exe")[0] == 400
    assert exported(client, story, "txt").decode() == TEXT


def test_a_story_goes_out_and_comes_back(client: Client, story: str) -> None:
    for form in ("txt", "md", "json"):
        content = base64.b64encode(exported(client, story, form)).decode()
        status, told = client.ask("POST", "/api/import", {"name": f"C:\\x\\The Lamp.{form}", "content": content})
        assert status == 201
        assert exported(client, told["id"], "txt").decode() == TEXT
        title = told["records"][0]["title"]
        assert title == ("The Lamp" if form == "txt" else "The <b>Lamp</b>")
    for name, content in (("x.json", "e30="), ("x.txt", "?"), ("x.epub", "AAAA"), ("", "AAAA"), ("x.json", "W10=")):
        assert client.ask("POST", "/api/import", {"name": name, "content": content})[0] == 400


def test_a_full_disk_is_no_fault_of_a_file(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brought a file in was told that its content was wrong."""

    def fail(folder: StoryFolder, records: object = ()) -> None:
        raise StoryError("there is no room.")

    monkeypatch.setattr(StoryFolder, "create", fail)
    status, told = client.ask("POST", "/api/import", {"name": "x.txt", "content": base64.b64encode(b"It was").decode()})
    assert (status, told["error"]["type"], told["error"]["param"]) == (500, "server_error", None)


def test_a_story_is_a_book_with_its_chapters_and_comes_back_from_it(client: Client, story: str) -> None:
    data = exported(client, story, "epub")
    with zipfile.ZipFile(BytesIO(data)) as book:
        assert book.namelist()[0] == "mimetype"
        chapters = [book.read(name).decode() for name in sorted(book.namelist()) if "chapter-" in name]
    assert len(chapters) == 2 and "<h2>The Lamp</h2>" in chapters[1] and "Who is there" in chapters[1]
    assert data == exported(client, story, "epub")
    content = base64.b64encode(data).decode()
    status, told = client.ask("POST", "/api/import", {"name": "lamp.epub", "content": content})
    assert status == 201 and "Who is there" in exported(client, told["id"], "txt").decode()


def test_a_story_that_is_taken_away_is_gone_for_clients(client: Client, story: str) -> None:
    assert client.ask("POST", f"/api/stories/{story}/remove", {})[0] == 200
    assert client.ask("GET", f"/api/stories/{story}")[0] == 404


def test_without_books_no_copied_runs_are_looked_for(client: Client) -> None:
    assert client.ask("GET", "/api/about")[1]["finds_copies"] is False
    assert client.ask("POST", "/api/copies", {"text": "a"})[0] == 404


def test_a_planted_quote_is_found_with_its_book(tmp_path: Path) -> None:
    from penwright.corpus.config import CorpusConfig
    from penwright.corpus.preparing import prepare
    from penwright.originality.building import make_index

    passage = "the lamp that stood upon the sill had burned for forty years without a single night of rest"
    (tmp_path / "shelf").mkdir()
    for number in range(4):
        filler = " ".join(f"{word}{number}" for word in ("harbour", "winter", "window", "letter") for _ in range(60))
        (tmp_path / "shelf" / f"Book {number}.txt").write_text(f"{filler}. {passage if number == 2 else ''}", "utf-8")
    corpus = prepare(tmp_path / "shelf", config=CorpusConfig(), cache_dir=tmp_path / "cache")
    with running_server(routes=page_routes(shelf=make_index(corpus))) as client:
        told = client.ask("POST", "/api/copies", {"text": f"\U0001f56f And then {passage}, he said."})[1]
    [run] = told["runs"]
    assert run["stop"] - run["start"] >= len(passage) and "Book 2" in run["title"]
