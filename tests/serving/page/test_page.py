"""The page in Chromium: writing, stopping, suggestions, the tree, and what is kept; no address but the server's own."""

import json
from collections.abc import Iterator
from math import log
from pathlib import Path

import pytest
from chromium import Chromium
from served import TOKEN, Client, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.watching import METRICS_NAME, RunWatch
from penwright.serving.web.page import INDEX_NAME, page_files, page_routes
from penwright.serving.web.stories import story_routes

TEXT = "document.getElementById('text')"
MIRROR = "[...document.getElementById('mirror').children].map(line => line.textContent).join('\\n')"
SAVED = "document.getElementById('saved').textContent === 'Saved'"
MAX_UNDO_MS = 250
"""Longest median of an undo with its layout, on a machine that does other work too; alone it takes some 15."""
IDLE = "!document.body.classList.contains('writing')"


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that goes on."""
    run = tmp_path_factory.mktemp("run")
    told = {"elapsed_seconds": 60.0}
    lines = [
        {"kind": "progress", "step": step, "chars_read": 1_000 * step, "bits_per_char": 2 + 2 / step, **told}
        for step in range(1, 100)
    ]
    lines += [{"kind": "evaluation", "step": 99, "chars_read": 99_000, "bits_per_char": 2.125, **told}]
    lines += [{"kind": "sample", "step": 99, "chars_read": 99_000, "prompt": "It", "text": " <b>was</b>", **told}]
    (run / METRICS_NAME).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, training: Path) -> Iterator[tuple[Client, StoryFolder]]:
    folder = StoryFolder(tmp_path_factory.mktemp("stories"))
    routes = [*story_routes(folder), *page_routes(run=RunWatch(training))]
    with running_server(routes=routes, index=page_files()[INDEX_NAME]) as client:
        yield client, folder
    folder.close()


@pytest.fixture
def page(served: tuple[Client, StoryFolder], browser: Chromium) -> Iterator[Chromium]:
    """The page with a new story."""
    client, folder = served
    address = f"http://127.0.0.1:{client.port}/"
    id = folder.create().story.id
    browser.visit("about:blank")
    browser.visit(f"{address}?token={TOKEN}")
    browser.visit(f"{address}?token={TOKEN}#{id}")
    browser.wait_for(f"!{TEXT}.disabled && location.hash === '#{id}' && document.activeElement === {TEXT}")
    yield browser
    browser.wait_for(f"{IDLE} && {SAVED}")  # else the browser asks whether to leave
    assert not browser.complaints, browser.complaints
    assert all(each.startswith(address) for each in browser.requests), browser.requests


def value(page: Chromium) -> str:
    """The text of the story, after checking that the mirror shows the same."""
    text = page.evaluate(f"{TEXT}.value")
    assert page.evaluate(MIRROR) == text
    return str(text)


def kept(page: Chromium, folder: StoryFolder) -> str:
    """The text of the story on the disk, once the page says that it is saved."""
    page.wait_for(SAVED)
    with folder.using(page.evaluate("location.hash.slice(1)")) as journal:
        return journal.story.text


def test_a_text_is_written_together_and_every_step_can_be_undone(
    page: Chromium, served: tuple[Client, StoryFolder]
) -> None:
    page.type("The lamp went out. ")
    page.press("Enter", ctrl=True)
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 60")
    written = value(page)
    assert written.startswith("The lamp went out. ")
    assert page.evaluate("document.querySelector('.by-author') !== null")
    page.press("Enter", ctrl=True, shift=True)
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 60")
    other = value(page)
    page.press("z", ctrl=True)
    assert value(page) == "The lamp went out. "
    page.press("y", ctrl=True)
    assert value(page) == other
    page.press("z", ctrl=True)
    page.press("z", ctrl=True)
    assert value(page) == ""
    page.press("y", ctrl=True)
    page.press("y", ctrl=True)
    assert value(page) == other
    page.type("\U0001f56f <b>né</b>")
    page.press("Backspace")
    assert kept(page, served[1]) == f"{other}\U0001f56f <b>né</b" == value(page)
    assert page.evaluate("document.querySelector('#mirror b') === null")


def test_writing_stops_at_once(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    page.evaluate("document.getElementById('words').value = '0'")
    page.press("Enter", ctrl=True)
    page.wait_for(f"{TEXT}.value.length > 30")
    page.press("Escape")
    page.wait_for(IDLE)
    size = len(value(page))
    page.wait_for("new Promise(done => setTimeout(() => done(true), 500))")
    assert len(value(page)) == size and served[0].service.engine.metrics.num_running == 0
    page.evaluate("document.getElementById('words').value = '100'")


def test_a_suggestion_is_taken_by_words_or_left_and_never_while_composing(page: Chromium) -> None:
    page.type("The lamp ")
    page.press("Enter", alt=True)
    page.wait_for("document.getElementById('status').textContent.startsWith('A suggestion')")
    ghost = page.evaluate("[...document.querySelectorAll('.ghost')].map(part => part.textContent).join('')")
    assert ghost and page.evaluate(f"{TEXT}.value") == "The lamp "
    page.press("ArrowRight", ctrl=True)
    taken = page.evaluate(f"{TEXT}.value")
    assert taken.startswith("The lamp ") and len(taken) > 9 and ghost.startswith(taken[9:].rstrip("\n")[:1])
    page.press("Tab")
    assert len(value(page)) >= len(taken)
    page.press("z", ctrl=True)
    page.press("z", ctrl=True)
    assert value(page) == "The lamp "
    page.press("Enter", alt=True)
    page.wait_for(f"{IDLE} && document.querySelector('.ghost') !== null")
    page.press("Escape")
    assert value(page) == "The lamp "
    page.call("Input.imeSetComposition", text="にほ", selectionStart=2, selectionEnd=2)
    assert page.evaluate(f"{TEXT}.value") == "The lamp にほ"
    page.press("Enter", alt=True)
    page.press("Enter", ctrl=True)
    assert page.evaluate("document.querySelector('.ghost') === null") and page.evaluate(IDLE)
    page.type("日本")
    assert value(page) == "The lamp 日本"


def test_candidates_stand_side_by_side_and_the_tree_keeps_all_of_them(page: Chromium) -> None:
    page.evaluate("document.getElementById('number').value = '3'")
    before = "\n" * 40 + "The lamp "
    page.type(before)
    page.press("Enter", ctrl=True)
    page.wait_for("document.querySelectorAll('#cards button:enabled').length === 6")
    assert page.evaluate(f"{TEXT}.value") == before
    hidden = "document.querySelector('#mirror').lastElementChild.getBoundingClientRect().bottom"
    assert page.evaluate(f"{hidden} < document.getElementById('page').getBoundingClientRect().bottom")
    second = page.evaluate("document.querySelectorAll('.candidate-text')[1].textContent")
    page.evaluate("document.querySelectorAll('#cards .card')[2].querySelectorAll('button')[1].click()")
    page.evaluate("document.querySelectorAll('#cards .card')[1].querySelector('button').click()")
    assert value(page) == f"{before}{second}"
    page.evaluate("document.getElementById('number').value = '1'")
    page.press("1", alt=True)
    page.wait_for("document.querySelectorAll('#tree .row').length === 4")
    assert page.evaluate("document.querySelector('#marks .link').textContent").startswith("Pinned")
    page.evaluate("document.querySelector('#marks .link').click()")
    assert value(page).startswith(before) and value(page) != f"{before}{second}"
    page.press("Escape")


def test_words_are_tinted_and_another_can_be_chosen(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    page.type("The lamp zqxjv went")
    page.evaluate("document.getElementById('surprise').click()")
    page.wait_for("document.querySelector('#mirror [class*=surprise-]') !== null")
    assert value(page) == "The lamp zqxjv went"
    scored = served[0].complete(prompt="The lamp zqxjv went", echo=True, logprobs=0, max_tokens=0)
    log_probs = scored["choices"][0]["logprobs"]["token_logprobs"][-len("went") :]
    told = page.evaluate("document.getElementById('word-told').textContent")
    assert told == f"“went”: {-sum(log_probs) / log(2):.1f} bits"
    page.press("3", alt=True)
    page.evaluate("document.getElementById('alternatives').click()")
    page.wait_for("document.querySelector('#choices button') !== null")
    chances = page.evaluate("[...document.querySelectorAll('#choices button')].map(each => each.lastChild.textContent)")
    assert 0 < sum(float(each.strip(" %")) for each in chances) < 101
    page.evaluate("document.querySelector('#choices button').click()")
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 40")
    assert value(page).startswith("The lamp zqxjv ")
    before = value(page)
    page.evaluate("document.getElementById('letters').click()")
    page.wait_for("document.querySelectorAll('#next-letters button').length > 3")
    page.evaluate("document.querySelectorAll('#next-letters button')[1].click()")
    assert len(value(page)) > len(before) and value(page).startswith(before)
    page.wait_for("document.activeElement.closest('#next-letters') !== null")
    page.press("Escape")


def test_two_windows_never_overwrite_each_other(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    from penwright.serving.stories.records import Head, Node

    folder, id = served[1], page.evaluate("location.hash.slice(1)")
    page.type("Mine")
    page.wait_for(SAVED)
    with folder.using(id) as journal:
        revision = journal.revision
    folder.append(id, [Node("theirs", "0", 0, "", "Theirs", "me"), Head("theirs")], revision=revision)
    page.type(" again")
    page.wait_for("document.getElementById('status').textContent.startsWith('Another window')")
    assert kept(page, folder) == "Mine again" == value(page)
    assert [each for each in page.complaints if "409" not in each] == []
    page.complaints.clear()
    with folder.using(id) as journal:
        assert journal.story.text_of("theirs") == "Theirs"


def test_the_page_fits_a_phone_and_says_what_it_is(page: Chromium) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    nameless = (
        "[...document.querySelectorAll('button, input, select, textarea')].filter(each => "
        "!each.textContent.trim() && !each.labels?.length && !each.ariaLabel).map(each => each.id)"
    )
    assert page.evaluate(nameless) == []
    assert page.evaluate("document.querySelector('#sheet [aria-live], #sheet [role=status]') === null")
    page.call("Emulation.clearDeviceMetricsOverride")


def test_a_story_of_a_million_characters_is_undone_at_once(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    from penwright.serving.stories.records import Head, Node, Record

    line = "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals.\n"
    records: list[Record] = [Node("t", "0", 0, "", line * (1_000_000 // len(line) + 1), "file")]
    at = len(line) * (1_000_000 // len(line) + 1)
    for number in range(40):
        parent = f"n{number - 1}" if number else "t"
        records.append(Node(f"n{number}", parent, at + 5 * number, "", "word ", "me" if number % 2 else "author"))
    id = served[1].create([*records, Head("n39")]).story.id
    page.evaluate(f"location.hash = '{id}'")
    page.wait_for(f"document.getElementById('read').textContent.includes('1,000,') && !{TEXT}.disabled")
    page.wait_for(f"{TEXT}.value.endsWith('word ')")
    undo = (
        "(() => { const began = performance.now(); document.getElementById('undo').click();"
        f" {TEXT}.getBoundingClientRect(); return performance.now() - began; }})()"
    )
    times = sorted(page.evaluate(undo) for _ in range(21))
    assert len(value(page)) < 45_000 and times[10] < MAX_UNDO_MS, times
    page.evaluate("document.getElementById('earlier').click()")
    assert len(value(page)) > 30_000 and not page.evaluate("document.getElementById('later').hidden")
    page.type("Here.")
    page.wait_for(SAVED)
    assert kept(page, served[1]).count("Here.") == 1


def test_a_seed_that_is_kept_writes_the_same_words_again(page: Chromium) -> None:
    page.type("The lamp ")
    page.evaluate("document.getElementById('seed').value = '7'; document.getElementById('lock').checked = true")
    page.press("Enter", ctrl=True)
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 30")
    written = value(page)
    page.press("Enter", ctrl=True, shift=True)
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 30")
    assert value(page) == written and "seed 7" in page.evaluate("document.getElementById('status').textContent")
    page.evaluate("document.getElementById('new-seed').click()")
    page.press("Enter", ctrl=True, shift=True)
    page.wait_for(f"{IDLE} && {TEXT}.value.length > 30")
    assert value(page) != written and not page.evaluate("document.getElementById('lock').checked")


def test_texts_read_first_are_part_of_what_the_author_reads(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    page.press("4", alt=True)
    page.evaluate(
        "document.getElementById('first-text').value = 'x'.repeat(990); document.getElementById('first-add').click()"
    )
    assert "has read 992 characters" in page.evaluate("document.getElementById('read').textContent")
    page.press("Escape")
    page.type("The lamp")
    assert "has read 1,000 characters" in page.evaluate("document.getElementById('read').textContent")
    assert kept(page, served[1]) == "The lamp"
    with served[1].using(page.evaluate("location.hash.slice(1)")) as journal:
        assert journal.story.first == {"Note 1": "x" * 990}


def test_no_more_is_read_first_than_the_server_keeps(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    """It refused the whole batch of changes, and from then on nothing of the story was saved."""

    def add(text: str) -> None:
        page.evaluate(f"document.getElementById('first-text').value = {text}")
        page.evaluate("document.getElementById('first-add').click()")

    page.press("4", alt=True)
    add("'a'")
    add("'b'")
    page.evaluate("document.querySelector('#first-list button').click()")
    add("'x'.repeat(3000000)")
    assert "is too much" in page.evaluate("document.getElementById('status').textContent")
    add("'c'")
    page.press("Escape")
    page.type("The lamp")
    assert kept(page, served[1]) == "The lamp"
    with served[1].using(page.evaluate("location.hash.slice(1)")) as journal:
        assert journal.story.first == {"Note 2": "b", "Note 1": "c"}


def test_what_the_author_is_writing_is_kept_when_another_story_is_opened(
    page: Chromium, served: tuple[Client, StoryFolder]
) -> None:
    """It was lost, or sent to the other story, which could then not be saved any more."""
    old, other = page.evaluate("location.hash.slice(1)"), served[1].create().story.id
    page.evaluate("document.getElementById('words').value = '0'")  # until it is stopped
    page.type("The lamp")
    page.wait_for(SAVED)
    page.press("Enter", ctrl=True)
    page.wait_for(f"!({IDLE}) && {TEXT}.value.length > 60")
    page.evaluate(f"location.hash = '{other}'")
    page.wait_for(f"{IDLE} && {TEXT}.value === '' && {SAVED}")
    with served[1].using(old) as journal:
        assert len(journal.story.text) > 60
    with served[1].using(other) as journal:
        assert not journal.story.nodes


def test_a_story_stays_until_it_is_saved_and_what_goes_wrong_is_told(page: Chromium) -> None:
    """On a full disk, another story was opened and the last changes were gone; without a server nothing was said."""
    page.evaluate("window.honest = fetch; document.getElementById('status').textContent = ''")
    page.evaluate(
        "window.fetch = (path, sent) => path.endsWith('/records') ? Promise.reject(TypeError()) : honest(path, sent)"
    )
    page.type("The lamp")
    page.evaluate("document.getElementById('new-story').click()")
    page.wait_for("document.getElementById('status').textContent.includes('are not saved yet')")
    assert value(page) == "The lamp"
    page.evaluate("window.fetch = honest")
    page.wait_for(SAVED)


def test_a_story_that_is_gone_can_be_kept_as_a_new_one(page: Chromium, served: tuple[Client, StoryFolder]) -> None:
    page.type("The lamp")
    page.wait_for(SAVED)
    old = page.evaluate("location.hash.slice(1)")
    served[1].remove(old)
    page.type(" went out")
    page.wait_for("!document.getElementById('rescue').hidden")
    page.evaluate("document.getElementById('rescue').click()")
    page.wait_for(f"location.hash !== '#{old}' && {SAVED}")
    assert kept(page, served[1]) == "The lamp went out" == value(page)
    assert all("404" in each for each in page.complaints)
    page.complaints.clear()


def test_a_training_is_watched(page: Chromium, training: Path) -> None:
    page.press("7", alt=True)
    page.wait_for("document.querySelector('#diary li') !== null")
    assert "2.125 bits" in page.evaluate("document.getElementById('training-told').textContent")
    assert page.evaluate("document.querySelector('#diary .candidate-text').textContent") == "It <b>was</b>"
    page.wait_for("document.querySelector('#curves canvas') !== null")
    legend = "[...document.querySelectorAll('.u-value')].map(each => each.textContent)"
    page.wait_for(f"{legend}[1] !== '--'")
    assert page.evaluate(legend) == ["99,000 characters", "2.020", "2.125"]
    page.evaluate("document.getElementById('numbers').open = true")
    rows = "[...document.querySelectorAll('#numbers-rows tr')].map(row => [...row.cells].map(cell => cell.textContent))"
    assert page.evaluate(rows) == [["99,000", "2.020", "2.125"]]
    assert "2.125 on held-out books" in page.evaluate("document.getElementById('curves').ariaLabel")
    width = "document.querySelector('#curves .uplot').offsetWidth"
    assert 0 < page.evaluate(width) <= page.evaluate("document.getElementById('curves').clientWidth")
    row = page.evaluate("document.querySelector('#numbers-rows tr').before = true")
    progress = {"kind": "progress", "step": 100, "chars_read": 100_000, "bits_per_char": 1.5, "elapsed_seconds": 61.0}
    with (training / METRICS_NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(progress) + "\n")
    page.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    page.wait_for(f"{legend}[0] === '100,000 characters' && {legend}[1] === '1.500'")
    assert row and page.evaluate("document.querySelector('#numbers-rows tr').before")
    page.wait_for(f"{width} <= 360 && document.documentElement.scrollWidth <= 360")
    page.call("Emulation.clearDeviceMetricsOverride")
    page.press("Escape")
