"""No acknowledged character is lost: the journal cut at every byte, a server killed while it writes, two writers."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from penwright.serving.stories import folder as folder_module
from penwright.serving.stories import journal as journal_module
from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.journal import CUT_SUFFIX, Journal
from penwright.serving.stories.records import (
    ROOT,
    ConflictError,
    Head,
    Node,
    NoStoryError,
    Record,
    RecordError,
    StoryError,
    Title,
)

WRITER = """
import sys
from pathlib import Path
from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.records import Head, Node
folder = StoryFolder(Path(sys.argv[1]))
journal, at = folder.create(), 0
print(journal.story.id, flush=True)
while True:
    node = Node(f"n{at}", f"n{at - 1}" if at else "0", at, "", chr(97 + at % 26), "me")
    folder.append(journal.story.id, [node, Head(node.id)], revision=at)
    at += 1
    print(at, flush=True)
"""


def word(number: int, text: str) -> list[Record]:
    node = Node(f"n{number}", f"n{number - 1}" if number else ROOT, 3 * number, "", text, "me")
    return [node, Head(node.id)]


def test_a_journal_cut_at_any_byte_holds_every_batch_that_was_whole(tmp_path: Path) -> None:
    folder = StoryFolder(tmp_path / "s")
    journal = folder.create([Title("Die Lampe é\U0001f56f")])
    ends, texts = [journal.path.stat().st_size], [""]
    for number, text in enumerate(["abc", "d\u00e9f", "日本語", "xyz"]):
        folder.append(journal.story.id, word(number, text), revision=number + 1)
        ends.append(journal.path.stat().st_size)
        texts.append(texts[-1] + text)
    data = journal.path.read_bytes()
    for size in range(ends[0], len(data) + 1):
        path = tmp_path / "cut.story"
        path.write_bytes(data[:size])
        kept = path.with_name(path.name + CUT_SUFFIX)
        kept.unlink(missing_ok=True)
        number = sum(end <= size for end in ends) - 1
        loaded = Journal.load(path)
        assert loaded.story.text == texts[number] and loaded.revision == number + 1
        assert path.stat().st_size == ends[number] and kept.exists() == (size not in ends)
        loaded.append(word(number, "new"))
        assert Journal.load(path).story.text == f"{texts[number]}new"


def test_a_damaged_line_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    folder = StoryFolder(tmp_path / "s")
    journal = folder.create([Title("T")])
    folder.append(journal.story.id, word(0, "abc"), revision=1)
    good = journal.path.read_bytes()
    first_line = good.index(b"\n")
    folder.close()
    for place in (0, 8, 12, first_line + 3, first_line + 20):
        data = bytearray(good)
        data[place] ^= 1
        journal.path.write_bytes(data)
        with pytest.raises(StoryError, match="damaged|no story"):
            Journal.load(journal.path)
        assert journal.path.read_bytes() == data
        [told] = folder.summaries()
        assert "damaged" in told
        folder.close()


def test_a_server_killed_while_it_writes_loses_nothing_acknowledged(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("processes are killed otherwise here")
    for number in range(3):
        path = tmp_path / f"s{number}"
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        id = process.stdout.readline().strip()
        lines = [process.stdout.readline() for _ in range(5 + 7 * number)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        acknowledged = int([line for line in lines if line.endswith("\n")][-1])
        folder = StoryFolder(path)
        text = folder.get(id).story.text
        assert len(text) >= acknowledged and text == "".join(chr(97 + at % 26) for at in range(len(text)))
        folder.close()


def test_what_was_made_for_another_revision_is_refused(tmp_path: Path) -> None:
    folder = StoryFolder(tmp_path / "s")
    id = folder.create().story.id
    assert folder.append(id, word(0, "abc"), revision=0) == 1
    before = folder.get(id).path.read_bytes()
    with pytest.raises(ConflictError) as found:
        folder.append(id, [Node("other", ROOT, 0, "", "x", "me")], revision=0)
    assert found.value.revision == 1
    with pytest.raises(RecordError):
        folder.append(id, [Head("nowhere")], revision=1)
    assert folder.get(id).path.read_bytes() == before and folder.get(id).story.text == "abc"


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = StoryFolder(tmp_path / "s")
    id = folder.create(word(0, "abc")).story.id

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(StoryError, match="No space left"):
            folder.append(id, word(1, "def"), revision=1)
    revision = folder.get(id).revision
    assert folder.get(id).story.text == {1: "abc", 2: "abcdef"}[revision]
    folder.append(id, [Title("T")], revision=revision)


def test_a_copy_of_a_file_is_a_story_of_its_own(tmp_path: Path) -> None:
    """Both used to be listed under one name: to open the copy was a fault of the server, and the next text of the
    first went into the copy's file."""
    folder = StoryFolder(tmp_path / "s")
    id, other = folder.create(word(0, "abc")).story.id, "0" * 16
    shutil.copy(folder.get(id).path, folder.path / f"{other}.story")
    assert {each["id"] for each in folder.summaries()} == {id, other}
    assert folder.get(other).story.id == other
    folder.append(other, word(1, "def"), revision=1)
    assert (folder.get(id).story.text, folder.get(other).story.text) == ("abc", "abcdef")


def test_a_torn_line_is_kept_and_a_removal_stands_before_the_journal_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is renamed or made new survives a power cut only once its folder is flushed."""
    folder, flushed = StoryFolder(tmp_path / "s"), list[dict[str, int]]()
    journal = folder.create(word(0, "abc"))
    whole = journal.path.stat().st_size
    with journal.path.open("ab") as file:
        file.write(b"torn")

    def note(path: Path) -> None:
        flushed.append({each.suffix: each.stat().st_size for each in path.iterdir() if each.suffix})

    for module in (journal_module, folder_module):
        monkeypatch.setattr(module, "sync_folder", note)
    Journal.load(journal.path)
    folder.remove(journal.story.id)
    kept = len(b"torn\n")
    assert flushed == [{".story": whole + len(b"torn"), CUT_SUFFIX: kept}, {".deleted": whole, CUT_SUFFIX: kept}]


def test_one_process_has_a_folder(tmp_path: Path) -> None:
    one, other = StoryFolder(tmp_path / "s"), StoryFolder(tmp_path / "s")
    assert one.summaries() == []
    id = one.create([Title("T"), *word(0, "abc")]).story.id
    with pytest.raises(StoryError, match="in use"):
        other.get(id)
    one.close()
    [told] = other.summaries()
    assert (told["id"], told["title"], told["num_chars"], told["num_nodes"]) == (id, "T", 3, 1)
    other.remove(id)
    assert other.summaries() == [] and len(list((tmp_path / "s").glob("*.deleted"))) == 1
    for name in (id, "", "..", "../../etc/passwd", "A" * 16, "0" * 15, "0" * 16 + "\n"):
        with pytest.raises(NoStoryError):
            other.get(name)
