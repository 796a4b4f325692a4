"""A text read closely: its words, what was expected, slips of the pen, and the page of it all."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from engines import loud_model

from penwright import Alphabet, Author
from penwright.alphabet.auto import learn_subwords
from penwright.cli.app import main
from penwright.report import score_page
from penwright.report.close_reading import CloseReading, _stops, read_closely, split_words
from penwright.report.score_page import render_score_page
from penwright.writing.costs import iter_stretches

LINE = "the lamp went out and the lamp came on again; he said so, and went on.\n\n"
CHARACTERS = Alphabet.learn(dict.fromkeys(LINE + "XYZ<&\"'", 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "words": learn_subwords(CHARACTERS, [LINE * 3], unit="words", num_symbols=60),
    "seed": Alphabet.seed(),
}


def author_of(alphabet: Alphabet) -> Author:
    """An untrained author."""
    return Author(loud_model(alphabet), alphabet)


def author_that_knows(line: str) -> Author:
    """An author that has learned one line by heart, with a few steps of training."""
    model = loud_model(CHARACTERS, cell="gru", hidden_size=48, embedding_dim=24)
    ids = torch.from_numpy(np.concatenate([[0], *[CHARACTERS.encode(line)] * 6]).astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(90):
        optimizer.zero_grad()
        logits, _ = model.sequence(ids[None, :-1], model.initial_state(1))
        torch.nn.functional.cross_entropy(logits[0], ids[1:]).backward()
        optimizer.step()
    return Author(model, CHARACTERS)


@pytest.fixture(scope="module")
def knower() -> Author:
    """An author that knows LINE."""
    return author_that_knows(LINE)


@pytest.mark.parametrize("kind", ALPHABETS)
def test_the_words_are_the_text_and_their_bits_its_bits(kind: str) -> None:
    text = LINE * 2 + "Zé 日 42 _ <&"
    reading = read_closely(author_of(ALPHABETS[kind]), text, max_stops=10)
    assert "".join(word.text for word in reading.words) == text
    assert all(text.startswith(word.text, word.start) for word in reading.words)
    total = sum(word.bits for word in reading.words)
    assert total == pytest.approx(reading.score.bits_per_char * reading.score.num_chars, rel=1e-9)
    assert len(reading.expected) <= 10


@pytest.mark.parametrize("kind", ALPHABETS)
def test_a_stop_stands_before_the_first_symbol_of_its_word(kind: str) -> None:
    """An index that is off by one gives predictions of another symbol."""
    alphabet, text = ALPHABETS[kind], "日 " + LINE + "went é on"
    engine = author_of(alphabet).engine
    own = alphabet.encode(text)
    ids = own if alphabet.boundary_id is None else np.concatenate([[alphabet.boundary_id], own])
    predicted = np.concatenate([each.log_probs for each in iter_stretches(engine, ids)])
    words = [word for word in split_words(text, np.zeros(len(text))) if word.text.isalnum()]
    stops = list(_stops(engine, alphabet, text, words))
    assert len(stops) >= len(words) - 1
    for stop in stops:
        before = len(alphabet.encode(text[: stop.word.start - len(stop.lead)]))
        index = before - (alphabet.boundary_id is None)
        assert np.array_equal(stop.log_probs, predicted[index])
        assert text[: stop.word.start].endswith(stop.lead) and not stop.lead.strip()


@pytest.mark.parametrize(
    ("slip", "word"), [("lmap", "lamp"), ("lap", "lamp"), ("laemp", "lamp"), ("lemp", "lamp"), ("wentout", "went out")]
)
def test_a_slip_is_found_with_the_word_that_was_meant(slip: str, word: str, knower: Author) -> None:
    text = LINE * 2 + LINE.replace(word, slip, 1) + LINE
    (typo,) = read_closely(knower, text).typos
    assert (typo.word, typo.instead, typo.start) == (slip, word, text.index(slip))
    assert typo.gain > 12


def test_a_text_without_slips_has_none_and_a_word_used_often_is_no_slip(knower: Author) -> None:
    assert read_closely(knower, LINE * 4).typos == []
    assert read_closely(knower, LINE.replace("lamp", "lemp") * 3).typos == []


def test_the_expected_words_are_those_that_the_author_knows(knower: Author) -> None:
    text = LINE * 2 + "the XYZ went out"
    reading = read_closely(knower, text)
    (first, *_) = reading.expected[text.index("XYZ")]
    assert first.word == "lamp" and 0.5 < first.probability <= 1.0
    assert all(sum(each.probability for each in words) <= 1.0 + 1e-6 for words in reading.expected.values())


class Checker(HTMLParser):
    """Collects the text of the shaded part, and all attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.depth, self.text = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "div" and dict(attrs).get("class") == "text":
            self.depth = 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self.depth = 0

    def handle_data(self, data: str) -> None:
        self.text += data if self.depth else ""


def checked(page: str) -> Checker:
    """Parse a page and check that it loads nothing and runs nothing."""
    checker = Checker()
    checker.feed(page)
    names = {tag for tag, _ in checker.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "form"}
    assert all(not key.startswith("on") and key not in ("src", "style") for _, keys in checker.tags for key in keys)
    ids = {keys["id"] for _, keys in checker.tags if "id" in keys}
    links = [str(keys["href"]) for tag, keys in checker.tags if tag == "a"]
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    return checker


def page_of(author: Author, text: str, *, name: str = "letter.txt") -> tuple[str, CloseReading]:
    """The page of a text."""
    reading = read_closely(author, text)
    return render_score_page(reading, text, name=name, author="An <author>"), reading


def test_the_page_shows_the_whole_text_escaped_and_loads_nothing(knower: Author) -> None:
    text = LINE * 2 + '<b onclick="x">&amp;\n\n' + LINE.replace("lamp", "lmap", 1) + LINE
    page, reading = page_of(knower, text, name="</title><script>")
    checker = checked(page)
    assert checker.text == text
    assert "<script" not in page and "An &lt;author&gt;" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None and policy.group(1).startswith("default-src 'none'; style-src 'sha256-")
    tips = [unescape(str(keys["data-e"])) for _, keys in checker.tags if "data-e" in keys]
    assert any("perhaps: lamp" in tip for tip in tips) and any("expected: lamp" in tip for tip in tips)
    assert f"{reading.score.bits_per_char:.3f} bits per character" in page


def test_a_long_text_is_shown_from_its_beginning_and_says_so(knower: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_page, "MAX_SHOWN_CHARS", 100)
    text = LINE * 4
    page, _ = page_of(knower, text)
    shown = checked(page).text
    assert text.startswith(shown) and 90 < len(shown) <= 100
    assert f"The first {len(shown)} characters are shown. The figures above are those of all {len(text)}" in page


def test_the_command_makes_the_page(
    knower: Author, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    knower.save("knower.safetensors")
    Path("letter.txt").write_text(LINE * 2, encoding="utf-8")
    words = ["score", "letter.txt", "--author", "knower.safetensors", "--html", "page.html"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert "bits/char" in out and err == "The page is page.html.\n"
    assert checked(Path("page.html").read_text(encoding="utf-8")).text == LINE * 2
    assert main([*words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["html"] == "page.html" and len(facts["paragraphs"]) == 2
    assert main(["score", "letter.txt", "--author", "knower.safetensors", "--html", "nowhere/page.html"]) == 2
    assert "--html nowhere/page.html: there is no folder nowhere" in capsys.readouterr().err
