"""The page in Firefox: a text is written together by real keys, and the browser complains of nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import Firefox, firefox
from served import TOKEN, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.watching import METRICS_NAME, RunWatch
from penwright.serving.web.page import INDEX_NAME, page_files, page_routes
from penwright.serving.web.stories import story_routes

TEXT = "document.getElementById('text')"
MIRROR = "[...document.getElementById('mirror').children].map(line => line.textContent).join('\\n')"
HEIGHTS = f"[{TEXT}.scrollHeight, document.getElementById('mirror').scrollHeight]"
SAVED = "document.getElementById('saved').textContent === 'Saved'"
IDLE = "!document.body.classList.contains('writing')"
COLOURS = "['by-me', 'by-author'].map(name => getComputedStyle(document.querySelector(`#mirror .${name}`)).color)"
BEGINNING = "The lamp went out. "


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Firefox]:
    profile = tmp_path / "profile"
    profile.mkdir()
    with firefox(profile) as found:
        yield found


def value(page: Firefox) -> str:
    """The text of the story, after checking that the mirror shows the same, in lines that break in the same places."""
    text = page.evaluate(f"{TEXT}.value")
    assert page.evaluate(MIRROR) == text
    height, in_mirror = page.evaluate(HEIGHTS)
    assert height == in_mirror
    return str(text)


@pytest.mark.slow
def test_a_text_is_written_together(browser: Firefox, tmp_path: Path) -> None:
    page, folder, run = browser, StoryFolder(tmp_path / "stories"), tmp_path / "run"
    run.mkdir()
    told = {"step": 9, "chars_read": 9_000, "bits_per_char": 2.125, "elapsed_seconds": 60.0}
    lines = [{"kind": "progress", **told}, {"kind": "evaluation", **told}]
    (run / METRICS_NAME).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    routes = [*story_routes(folder), *page_routes(run=RunWatch(run))]
    with running_server(routes=routes, index=page_files()[INDEX_NAME]) as client:
        address, id = f"http://127.0.0.1:{client.port}/", folder.create().story.id
        page.visit(f"{address}?token={TOKEN}#{id}")
        page.wait_for(f"!{TEXT}.disabled && document.activeElement === {TEXT}")

        page.evaluate("[document.getElementById('seed').value = '7', document.getElementById('lock').checked = true]")
        page.type(BEGINNING)
        page.press("Enter", ctrl=True)
        page.wait_for(f"{IDLE} && {TEXT}.value.length > 60")
        written = value(page)
        assert written.startswith(BEGINNING)
        mine, authors = page.evaluate(COLOURS)
        assert mine != authors
        page.evaluate("document.getElementById('origins').click()")
        assert page.evaluate("document.querySelector('#mirror .by-author') === null") and value(page) == written
        page.evaluate("document.getElementById('origins').click()")

        page.evaluate("document.getElementById('words').value = '0'")
        page.press("Enter", ctrl=True)
        page.wait_for(f"{TEXT}.value.length > {len(written) + 30}")
        page.press("Escape")
        page.wait_for(IDLE)
        stopped = value(page)
        page.wait_for("new Promise(done => setTimeout(() => done(true), 300))")
        assert value(page) == stopped and client.service.engine.metrics.num_running == 0
        page.press("z", ctrl=True)
        assert value(page) == written
        page.press("z", ctrl=True)
        assert value(page) == BEGINNING
        page.press("y", ctrl=True)
        assert value(page) == written
        page.press("z", ctrl=True)

        page.press("Enter", alt=True)
        page.wait_for("document.getElementById('status').textContent.startsWith('A suggestion')")
        assert page.evaluate(f"{TEXT}.value") == BEGINNING
        page.press("ArrowRight", ctrl=True)
        word = page.evaluate(f"{TEXT}.value")
        assert len(word) > len(BEGINNING)
        page.press("Tab")
        accepted = value(page)
        assert accepted.startswith(word) and page.evaluate(f"document.activeElement === {TEXT}")
        page.type("\U0001f56f <b>né</b>\n")
        page.press("Backspace")
        assert value(page) == f"{accepted}\U0001f56f <b>né</b>"

        page.press("7", alt=True)
        page.wait_for("document.querySelector('#curves canvas') !== null")
        assert page.evaluate("document.querySelector('#numbers-rows').textContent") == "9,0002.1252.125"
        page.press("Escape")
        page.wait_for(SAVED)
        page.visit("about:blank")
        page.visit(f"{address}?token={TOKEN}#{id}")
        page.wait_for(f"!{TEXT}.disabled")
        assert value(page) == f"{accepted}\U0001f56f <b>né</b>"
        page.wait_for(f"{IDLE} && {SAVED}")

        asked = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
        assert asked and all(each.startswith(address) for each in asked), asked
        assert page.complaints(address) == []
        page.evaluate("document.body.setAttribute('style', 'color: red')")
        page.wait_for("new Promise(done => setTimeout(() => done(true), 100))")
        assert page.complaints(address), "what the policy forbids would not be seen"
    folder.close()
