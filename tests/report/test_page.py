"""The page of a run, rendered from plain values."""

import base64
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
import record_samples

from penwright.evaluation.baselines.measuring import Baseline
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.judging.judging import Judged, JudgedBook, Judgement
from penwright.evaluation.judging.measures import MEASURES
from penwright.report.page import render_page
from penwright.report.portrait import Paragraph, Portrait
from penwright.report.story import Exam, RunStory
from penwright.training.records import (
    AnyRecord,
    Evaluation,
    Finished,
    Planned,
    PlannedSize,
    Progress,
    RolledBack,
    Sample,
)

VOID = {"meta", "input", "br", "img", "link"}
HOSTILE = "</h1><script>alert(1)</script><img src='http://example.org/x'>\0\ud800\u202e"


class Reader(HTMLParser):
    """Reads a page, insists that every element that was opened is closed, and keeps what it met."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def when(step: int) -> dict[str, float]:
    return {"step": step, "chars_read": 1000 * step, "elapsed_seconds": step / 2}


def progress(step: int, bits: float) -> Progress:
    return record_samples.progress(**when(step), bits_per_char=bits, fraction_done=step / 400)


def books(bits: float, title: str = "The Ferry") -> tuple[BookScore, ...]:
    return (BookScore(title=title, author="A. Vane", num_chars=500, bits_per_char=bits, accuracy=0.5),)


def evaluation(step: int, bits: float) -> Evaluation:
    return record_samples.evaluation(**when(step), bits_per_char=bits, num_chars=500, books=books(bits))


def sample(step: int, text: str = "the lamp was lit.") -> Sample:
    return Sample(**when(step), prompt="It was ", text=text)


def baseline(name: str, kind: str, bits: float) -> Baseline:
    return Baseline(
        name=name, kind=kind, bits_per_char=bits, train_chars=9_000, seconds=0.1, book_bits_per_char=(bits,)
    )


BASELINES = (
    *(baseline(f"{order}-character table", "table", 4 - order / 3) for order in range(1, 7)),
    baseline("gzip -9", "compressor", 3.2),
    baseline("xz -9e", "compressor", 2.9),
)
RECORDS: tuple[AnyRecord, ...] = (
    sample(0, "qzx"),
    *(progress(step, 2 + 300 / (100 + step)) for step in range(10, 400, 10)),
    evaluation(100, 2.6),
    evaluation(300, 1.9),
    RolledBack(**when(350), loss=9.5, back_to_step=300, learning_rate_scale=0.5, book="Soup"),
    sample(399),
)


def finished(reason: str) -> Finished:
    return Finished(
        **when(400), reason=reason, best_bits_per_char=None, best_step=None, author=reason, val_books=(), test_books=()
    )


def story(*records: AnyRecord, **values) -> RunStory:
    return RunStory(**{"name": "novels", "path": "runs/novels", "records": records, **values})


FULL = story(
    *RECORDS,
    finished("done"),
    config={"preset": "default", "train": {"batch_size": 32, "epochs": 2}},
    env={
        "machine": {"processor": "Example 9000"},
        "num_parameters": 4_137_570,
        "corpus": {"path": "/somewhere/private", "num_chars": {"train": 100_000}},
    },
    val=Exam(scores=books(1.85), baselines=BASELINES),
    test=Exam(scores=books(1.95, "Soup")),
)
PORTRAIT = Portrait(
    page=HOSTILE,
    shares=((20, 0.0132, 0.066), (50, 0.0, None)),
    longest=HOSTILE,
    num_searched_chars=872_200,
    book=HOSTILE,
    surprising=(Paragraph(text="Halloa, Watson!", bits_per_char=2.24),),
    expected=(Paragraph(text=HOSTILE, bits_per_char=1.74),),
)


def test_the_page_tells_the_whole_run() -> None:
    text = Reader(render_page(FULL)).text
    for words in (
        "novels",
        "bits per character, on 500 characters held out",
        "Each dot is measured on 500 held-out characters.",
        "1.850 bits per character",
        "0.150 bits better than the best method without a network (6-character table, 2.000)",
        "Finished, after 400 steps",
        "characters read (4 epochs)",
        "4.14 million",
        "Before the first step",
        "The Ferry",
        "Test books",
        "Rollbacks",
        "batch_size",
        "Example 9000",
        "penwright train --resume runs/novels --epochs 4",
        "penwright write runs/novels",
    ):
        assert words in text


def test_the_page_needs_no_network_and_no_script() -> None:
    page = render_page(FULL)
    reader = Reader(page)
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert not [name for name, _ in reader.attributes if name in {"src", "href", "style"} or name.startswith("on")]
    for words in ("http:", "https:", "url(", "@import", "//"):
        assert words not in page


def test_the_page_forbids_everything_but_its_own_style() -> None:
    page = render_page(FULL)
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert policy.startswith("default-src 'none'") and f"style-src 'sha256-{digest}'" in policy
    assert page.index(policy) < page.index("<style>"), "a policy holds only for what comes after it"


def test_the_finished_author_shows_a_page_what_it_copies_and_what_surprises_it() -> None:
    page = render_page(story(*RECORDS, portrait=PORTRAIT))
    page.encode("utf-8")
    reader = Reader(page)
    assert not reader.tags & {"script", "img"}
    for words in (
        "A page by the finished author",
        "1.3\u00a0%</td>",
        "6.6\u00a0%</td>",
        "2.24 Halloa, Watson!",
        "predicted best",
    ):
        assert words in page or words in reader.text


def test_what_is_doubtful_in_its_writing_is_told_with_what_was_found() -> None:
    measures = tuple(
        Judged(name=measure.name, value=0.5, low=0.4, high=0.6, held_out=(0.45, 0.5, 0.55)) for measure in MEASURES
    )
    loud = replace(measures[0], low=0.56)
    judgement = Judgement(
        num_pages=20,
        num_chars=6_000,
        measures=(loud, *measures[1:]),
        books=tuple(JudgedBook(title=title, author="", num_pages=20) for title in "ABC"),
        evidence={loud.name: ("quorx<b>", "zyblimp")},
        warnings=("1 held-out book left out.",),
    )
    page = render_page(story(*RECORDS, judgement=judgement))
    text = Reader(page).text
    for words in ("20 pages of 6,000 characters", "3 held-out books", "quorx<b> \u00b7 zyblimp", "left out."):
        assert words in text, words
    assert page.count('class="own"') == 1 and "beyond all held-out books" in text and "What was found" in text
    quiet = Reader(render_page(story(*RECORDS, judgement=replace(judgement, measures=measures)))).text
    assert "Nothing here is beyond all held-out books" in quiet and "quorx" not in quiet


def test_a_network_without_n_grams_has_a_diary_beside_the_author_s() -> None:
    page = render_page(story(*RECORDS))
    assert "without n-grams" not in page and 'class="pair"' not in page
    bare = (
        record_samples.evaluation(**when(0), bits_per_char=6.5),
        Sample(**when(0), prompt="It was ", text="xq,vz"),
        record_samples.evaluation(**when(90), bits_per_char=2.25),
        Sample(**when(90), prompt="It was ", text="a far more braggrothing"),
    )
    reader = Reader(render_page(story(*RECORDS, bare=bare)))
    for words in ("A small network without n-grams", "xq,vz", "2.25 bits per character", "read 90,000 characters"):
        assert words in reader.text
    assert ("class", "pair") in reader.attributes


def test_an_author_that_was_taught_other_books_is_held_against_itself_before() -> None:
    before = record_samples.evaluation(**when(0), bits_per_char=1.94)
    page = render_page(story(before, *RECORDS))
    reader = Reader(page)
    assert "Before it was taught these books, it needed 1.940." in reader.text
    assert "had learned other books before" in reader.text
    assert page.count("held-out books: 1.940") == 6, "a dot on each axis, the logarithmic one included"


def test_before_and_now_are_of_the_same_characters() -> None:
    first, last = (
        record_samples.evaluation(**when(0), bits_per_char=1.94),
        replace(finished("done"), val_books=books(1.9)),
    )
    run = story(first, *RECORDS, last, val=Exam(scores=books(1.9)))
    assert "1.940" not in Reader(render_page(run)).text.partition("Learning")[0], "of other characters"
    assert "it needed 1.970." in Reader(render_page(replace(run, score_before=1.97))).text


def test_books_that_the_author_knew_are_not_called_unread() -> None:
    env = {"corpus": {"holds_out_passages": True}}
    run = replace(FULL, env=env, portrait=replace(PORTRAIT, book="Soup"))
    assert "unread passages" in Reader(render_page(run)).text
    text = Reader(render_page(replace(run, num_known=3))).text
    assert "has learned from 3 books of this shelf before. Scores on them say nothing about new books." in text
    assert "unread" not in text and "never learned from" not in text


def test_a_line_that_is_not_drawn_is_not_in_the_legend() -> None:
    beyond = replace(FULL, val=Exam(scores=books(1.85), baselines=(baseline("xz -9e", "compressor", 99.0),)))
    assert '<span class="simpler">' in render_page(FULL) and '<span class="simpler">' not in render_page(beyond)


def test_the_curves_stand_beside_both_axes_and_the_baselines() -> None:
    page = render_page(FULL)
    assert page.count("<svg") == 6, "three axes, each for a wide page and a narrow one"
    text = Reader(page).text
    for words in (
        "characters read (logarithmic)",
        "minutes of training",
        "1-character table",
        "3-character table",
        "gzip -9",
    ):
        assert words in text
    assert "prefers-color-scheme: dark" in page


def test_the_best_table_has_a_line_even_if_a_longer_one_exists() -> None:
    tables = [baseline(f"{order}-character table", "table", abs(order - 4) + 2.25) for order in range(1, 7)]
    page = render_page(story(*RECORDS, val=Exam(scores=books(1.85), baselines=tuple(tables))))
    chart = page[page.index("<svg") : page.index("</svg>")]
    shown = [order for order in range(1, 7) if f"{order}-character table" in chart]
    assert shown == [1, 2, 4]


def test_where_the_books_lie_is_not_told() -> None:
    assert "/somewhere/private" not in render_page(FULL)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ((), "Not begun"),
        ((progress(100, 3.0),), "Not finished: 25 % done after 100 steps"),
        ((sample(0),), "Not begun"),
        ((progress(100, 3.0), evaluation(100, 3.2)), "3.200 bits per character"),
        (
            (finished("stopped"),),
            "Stopped by hand",
        ),
        (
            (finished("patience"),),
            "Ended early",
        ),
    ],
    ids=["nothing", "no evaluation", "one sample", "one evaluation", "stopped", "patience"],
)
def test_a_run_has_a_page_at_any_moment(records: tuple[AnyRecord, ...], words: str) -> None:
    assert words in Reader(render_page(story(*records))).text


def test_an_author_that_only_counts_is_told_so() -> None:
    page = render_page(story(*RECORDS, val=Exam(scores=books(2.1), baselines=BASELINES)))
    assert "does not beat the best method without a network yet" in Reader(page).text


def test_what_the_page_lacks_is_said() -> None:
    page = render_page(story(*RECORDS, notes=("The books are gone.",)))
    assert "The books are gone." in Reader(page).text


def test_figures_that_are_not_numbers_do_not_break_the_page() -> None:
    page = render_page(story(progress(10, math.nan), evaluation(10, math.inf), val=Exam(scores=books(math.nan))))
    assert "n/a" in Reader(page).text


def test_nothing_from_outside_can_open_anything() -> None:
    hostile = story(
        Sample(**when(1), prompt=HOSTILE, text=HOSTILE),
        RolledBack(**when(2), loss=None, back_to_step=1, learning_rate_scale=0.5, book=HOSTILE),
        progress(3, 3.0),
        evaluation(3, 3.0),
        finished(HOSTILE),
        name=HOSTILE,
        path=HOSTILE,
        config={HOSTILE: {HOSTILE: HOSTILE}},
        env={HOSTILE: HOSTILE, "corpus": HOSTILE, "num_parameters": HOSTILE},
        val=Exam(scores=books(2.0, HOSTILE), baselines=(baseline(HOSTILE, "table", 2.5),)),
        notes=(HOSTILE,),
    )
    page = render_page(hostile)
    page.encode("utf-8")
    assert "\0" not in page
    assert not Reader(page).tags & {"script", "img"}


def test_a_path_is_quoted_for_the_shell() -> None:
    assert "--resume 'runs/my novels'" in Reader(render_page(story(path="runs/my novels"))).text


PLANNED_SECONDS = 300.0
FOR_THAT_TIME = {"train": {"seconds": PLANNED_SECONDS}}


def planned(*, difficulty: float | None = 2.0, name: str = "192x3") -> Planned:
    sizes = tuple(
        PlannedSize(
            name=each,
            num_parameters=10**6,
            batch_size=16,
            chars_per_second=3e4,
            chars_read=10**7,
            bits_per_char=expected,
            low=1.6,
            high=1.8,
        )
        for each, expected in (("128x3", 1.75), (name, 1.7))
    )
    return Planned(**when(0), seconds=PLANNED_SECONDS, difficulty=difficulty, size=name, sizes=sizes)


def told_after(outcome: float, *, config: Mapping[str, Any]) -> str:
    """The page of a planned run that ended with an outcome; its exam, of more characters, came out otherwise."""
    score = BookScore(title="The Lamp", author="Vane", num_chars=100, bits_per_char=1.95, accuracy=0.5)
    end = Finished(
        **when(9), reason="done", best_bits_per_char=outcome, best_step=9, author="a", val_books=(score,), test_books=()
    )
    exam = Exam(scores=(score,))
    return Reader(render_page(RunStory(name="a", path="a", records=(planned(), end), config=config, val=exam))).text


@pytest.mark.parametrize(("outcome", "where"), [(1.72, "within the forecast"), (1.85, "outside the forecast")])
def test_the_forecast_stands_beside_the_outcome(outcome: float, where: str) -> None:
    text = told_after(outcome, config=FOR_THAT_TIME)
    assert "size 192x3 had the best forecast" in text and where in text
    assert f"{100 * (outcome / 1.7 - 1):+.1f} %" in text and "1.700 (1.600 to 1.800)" in text


def test_a_run_of_another_length_is_not_held_against_the_forecast() -> None:
    text = told_after(1.72, config={"train": {"seconds": 2 * PLANNED_SECONDS}})
    assert "had the best forecast" in text and "The outcome is" not in text and "forecast (" not in text


def test_a_run_that_goes_on_or_has_no_held_out_books_is_not_held_against_a_forecast() -> None:
    for plan in (planned(), planned(difficulty=None), planned(name=HOSTILE)):
        text = Reader(
            render_page(RunStory(name="a", path="a", records=(plan, progress(1, 2.0)), config=FOR_THAT_TIME))
        ).text
        assert "had the best forecast" in text and "The outcome is" not in text
    unplanned = Reader(render_page(RunStory(name="a", path="a", records=(progress(1, 2.0),)))).text
    assert "had the best forecast" not in unplanned


def test_passages_from_the_ends_of_the_same_books_are_called_that() -> None:
    score = BookScore(title="The Lamp", author="Vane", num_chars=900, bits_per_char=2.25, accuracy=0.5)
    story = RunStory(name="lamp", path="runs/lamp", val=Exam(scores=(score,)), test=Exam(scores=(score,)))
    assert "predicts books it has never read" in render_page(story)
    page = render_page(replace(story, env={"corpus": {"holds_out_passages": True}}))
    assert "predicts unread passages from the ends of its books" in page
    assert page.count("Passages from the ends of the same books") == 2
    assert "Held-out books" not in page
    assert "Test books" not in page
