"""A story as a file to take away, and a file as the records of a new story.

Plain text and JSON come back as they went: the text to the last character, and the whole tree with its bookmarks.
"""

import io
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from penwright.author.works.epub import write_epub
from penwright.author.works.manuscript import ChapterText, Manuscript
from penwright.corpus.formats.document import read_document
from penwright.serving.stories.records import (
    MAX_RECORDS,
    MAX_TITLE_CHARS,
    ROOT,
    First,
    Head,
    Mark,
    Node,
    Record,
    RecordError,
    Title,
    WrittenAs,
    parse_record,
    record_json,
)
from penwright.serving.stories.story import Story

FORMAT = "penwright story tree"
VERSION = 1
KINDS = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "epub": "application/epub+zip",
}
"""Media type of each form."""
DEFAULT_TITLE = "A story"
IMPORTED = "1"
"""Id of the node that holds an imported text."""


def export_story(story: Story, form: str, *, model_name: str) -> bytes:
    """Return the text that a story shows, or for "json" all of it.

    Args:
        story: The story.
        form: One of KINDS.
        model_name: Name of the author, which an EPUB names.
    """
    match form:
        case "txt":
            return story.text.encode("utf-8", "replace")
        case "md":
            heading = f"# {story.title}\n\n" if story.title else ""
            return (heading + story.text).encode("utf-8", "replace")
        case "json":
            records = [record_json(each) for each in _records_of(story)]
            data = {"format": FORMAT, "version": VERSION, "records": records}
            return json.dumps(data, allow_nan=False, indent=1).encode("ascii")
    assert form == "epub", form
    file = io.BytesIO()
    write_epub(_manuscript_of(story, model_name), file)
    return file.getvalue()


def import_story(data: bytes, *, name: str) -> list[Record]:
    """Return the records of a new story that holds what a file does.

    Args:
        data: Content of the file.
        name: Its name, whose ending says what it is.

    Raises:
        RecordError: If it is a tree that does not fit.
        ReadingError: If it is no text.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.suffix.lower() == ".json":
        return _records_in(data)
    title = path.stem
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if path.suffix.lower() not in (".txt", ".text", ".md", ".markdown") or not text:
        document = read_document(data, name=path.name)
        text, title = document.text, document.details.get("Title", title)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if path.suffix.lower() in (".md", ".markdown") and text.startswith("# "):
        heading, _, rest = text.partition("\n")
        title, text = heading[2:].strip(), rest.removeprefix("\n")
    node = Node(IMPORTED, ROOT, 0, "", text, "file")
    records: list[Record] = [Title(title[:MAX_TITLE_CHARS])]
    return [*records, node, Head(node.id)] if text else records


def _records_of(story: Story) -> Iterator[Record]:
    """Yield records that make a story anew."""
    yield Title(story.title)
    yield from story.nodes.values()
    yield Head(story.head)
    for node, name in story.marks.items():
        yield Mark(node, name)
    for name, text in story.first.items():
        yield First(name, text)
    if story.shares:
        yield WrittenAs(story.shares)


def _records_in(data: bytes) -> list[Record]:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordError("the file is no JSON. Give one that was exported as JSON here.") from error
    if not isinstance(tree, dict) or tree.get("format") != FORMAT or not isinstance(tree.get("records"), list):
        raise RecordError("the file holds no story. Give one that was exported as JSON here.")
    if tree.get("version") != VERSION:
        raise RecordError("the file was written by another version of Penwright. Import it with that.")
    if len(tree["records"]) > 100 * MAX_RECORDS:
        raise RecordError(f"the file holds more than {100 * MAX_RECORDS:,} records, which is too many.")
    return [parse_record(each) for each in tree["records"]]


def _manuscript_of(story: Story, model_name: str) -> Manuscript:
    inserted: dict[str, int] = {}
    for node in story.path_to(story.head):
        inserted[node.by] = inserted.get(node.by, 0) + len(node.inserted)
    share = inserted.get("author", 0) / max(1, sum(inserted.values()))
    who = f"A person wrote this text together with a program: {model_name}, a recurrent neural network raised on books "
    who += f"with Penwright, which writes one character after another. It wrote {share:.0%} of what was written on the "
    who += "way to this text."
    title = story.title or DEFAULT_TITLE
    return Manuscript(
        title=title,
        by=f"a person and {model_name}",
        language="und",
        identity=f"story {story.id}",
        created="",
        chapters=[ChapterText(heading, lambda text=text: text) for heading, text in _chapters_of(story.text)],  # type: ignore[misc]
        colophon=[who],
    )


def _chapters_of(text: str) -> list[tuple[str, str]]:
    """Return headings and texts: a line that begins with one or two number signs and a blank begins a chapter."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.split("\n"):
        signs, blank, heading = line.partition(" ")
        if signs in ("#", "##") and blank and heading.strip():
            found.append((heading.strip(), []))
        else:
            found[-1][1].append(line)
    chapters = [(heading, "\n".join(lines)) for heading, lines in found]
    return [each for each in chapters if each[0] or each[1].strip()] or [("", text)]


def check_form(form: Any) -> str:
    """Return the form of an export.

    Raises:
        RecordError: If there is none of this name.
    """
    if form not in KINDS:
        raise RecordError(f"form must be one of {', '.join(KINDS)}.")
    return str(form)
