"""The chooser of labels in Chromium: kept with the story, and sent with everything that the author is asked for."""

from collections.abc import Iterator
from math import log
from typing import Any

import pytest
from chromium import Chromium
from served import LABELS, TOKEN, Client, labelled_author, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.records import WrittenAs, num_units
from penwright.serving.web.page import INDEX_NAME, page_files, page_routes
from penwright.serving.web.stories import story_routes

TEXT = "document.getElementById('text')"
SAVED = "document.getElementById('saved').textContent === 'Saved'"
IDLE = "!document.body.classList.contains('writing')"
TOLD = "document.getElementById('label-told').textContent"
BEGINNING = "The lamp went out. "


@pytest.fixture
def folder(tmp_path: Any) -> Iterator[StoryFolder]:
    found = StoryFolder(tmp_path / "stories")
    yield found
    found.close()


def visit(browser: Chromium, client: Client, id: str) -> None:
    """Open a story."""
    browser.visit("about:blank")
    browser.visit(f"http://127.0.0.1:{client.port}/?token={TOKEN}")
    browser.visit(f"http://127.0.0.1:{client.port}/?token={TOKEN}#{id}")
    browser.wait_for(f"!{TEXT}.disabled && location.hash === '#{id}' && document.activeElement === {TEXT}")


def choose(browser: Chromium, id: str, value: object, event: str = "change") -> None:
    """Choose a value of an element."""
    element = f"document.getElementById('{id}')"
    browser.evaluate(f"{element}.value = '{value}'; {element}.dispatchEvent(new Event('{event}'))")


def test_a_mixture_is_chosen_kept_and_asked_for(browser: Chromium, folder: StoryFolder) -> None:
    options: dict[str, Any] = {"routes": [*story_routes(folder), *page_routes()], "index": page_files()[INDEX_NAME]}
    author, id = labelled_author(), folder.create().story.id
    with running_server(author=author, **options) as client:
        visit(browser, client, id)
        browser.press("2", alt=True)
        shown = browser.evaluate("[...document.querySelectorAll('#label option')].map(each => each.textContent)")
        assert shown == ["No label", *LABELS]
        assert browser.evaluate("document.getElementById('label-mix').hidden")
        choose(browser, "label", 0)
        choose(browser, "label-add", 1)
        assert browser.evaluate(TOLD) == "50 % Jane Austen, 50 % A. C. Doyle."
        choose(browser, "share-0", 0.75)
        choose(browser, "share-1", 0.25)
        assert browser.evaluate(TOLD) == "75 % Jane Austen, 25 % A. C. Doyle."
        assert browser.evaluate("document.activeElement.id") == "share-1"
        assert browser.evaluate("document.getElementById('label').selectedOptions[0].textContent") == "A mixture"
        mixed = author.labelled("austen:0.75,doyle:0.25")
        browser.evaluate("document.getElementById('seed').value = '7'; document.getElementById('lock').checked = true")
        browser.evaluate(f"{TEXT}.focus()")
        browser.type(BEGINNING)
        browser.press("Enter", ctrl=True)
        browser.wait_for(f"{IDLE} && {TEXT}.value.length > 60 && {SAVED}")
        written = browser.evaluate(f"{TEXT}.value")
        needed = mixed.write(BEGINNING, max_chars=40, seed=7, temperature=0.8, min_p=0.1)
        assert written.startswith(BEGINNING + needed)
        assert needed != author.write(BEGINNING, max_chars=40, seed=7, temperature=0.8, min_p=0.1)
        with folder.using(id) as journal:
            assert journal.story.shares == {"Jane Austen": 0.75, "A. C. Doyle": 0.25}
            notes = [node.note for node in journal.story.nodes.values() if node.by == "author"]
        assert [note["as"] for note in notes] == ['{"Jane Austen":0.75,"A. C. Doyle":0.25}']

        browser.evaluate("document.getElementById('surprise').click()")
        browser.wait_for("document.getElementById('surprise-told').textContent.includes('bits')")
        fields = {"prompt": written, "echo": True, "logprobs": 0, "max_tokens": 0, "as": "austen:0.75,doyle:0.25"}
        scores = client.complete(**fields)["choices"][0]["logprobs"]
        bits = sum(
            -(each or 0) / log(2)  # the first symbol has no probability
            for offset, each in zip(scores["text_offset"], scores["token_logprobs"], strict=True)
            if not written[offset].isspace()
        )
        size = num_units(written.strip())
        told = browser.evaluate("document.getElementById('surprise-told').textContent")
        assert told == f"{bits / size:.2f} bits a character over the last {size:,}."

        visit(browser, client, id)  # the story has them still
        assert browser.evaluate(TOLD) == "75 % Jane Austen, 25 % A. C. Doyle."
        choose(browser, "label", "")
        assert browser.evaluate(TOLD) == "" and browser.evaluate("!document.querySelector('#label-shares li')")
        browser.wait_for(SAVED)
        with folder.using(id) as journal:
            assert journal.story.shares == {}
        choose(browser, "label", 2)
        browser.wait_for(SAVED)
        assert not browser.complaints, browser.complaints
    with running_server(author=author, label="doyle", **options) as client:
        visit(browser, client, id)
        shown = browser.evaluate("[...document.querySelectorAll('#label option')].map(each => each.textContent)")
        assert shown == ["As the server was told: doyle", "No label", *LABELS]
        assert browser.evaluate("document.getElementById('label').selectedOptions[0].textContent") == LABELS[2]
        choose(browser, "label", "-")
        browser.wait_for(SAVED)
        with folder.using(id) as journal:
            assert journal.story.shares == {"none": 1}


def test_an_author_without_labels_shows_and_asks_nothing(browser: Chromium, folder: StoryFolder) -> None:
    options: dict[str, Any] = {"routes": [*story_routes(folder), *page_routes()], "index": page_files()[INDEX_NAME]}
    id = folder.create([WrittenAs({"Jane Austen": 1})]).story.id
    with running_server(**options) as client:
        visit(browser, client, id)
        assert browser.evaluate("document.getElementById('labels').hidden")
        browser.press("Enter", ctrl=True)
        browser.wait_for(f"{IDLE} && {TEXT}.value.length > 20 && {SAVED}")
        assert not browser.complaints, browser.complaints
