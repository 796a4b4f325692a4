"""The page of an author, opened from disk in Chromium: the same seed gives the same text, and nothing is asked for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from chromium import Chromium, chromium

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.author.box import boxed_author, has_author
from penwright.author.card import Card, CardBook
from penwright.author.export.html import export_html, render_page
from penwright.author.file.loading import load_author
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import make_tables

TEXT = "The lamp went out at nine, the lamps didn't say; a lamp is a lamp. “Who is there?” asked Mr. Vane.\n\n" * 6
CHARACTERS = Alphabet.learn(dict.fromkeys(TEXT, 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "with brackets": Alphabet.learn(dict.fromkeys(TEXT + "()", 1)),
    "seed": Alphabet.seed(),
    "bpe": learn_subwords(CHARACTERS, [TEXT], unit="bpe", num_symbols=120),
    "words": learn_subwords(CHARACTERS, [TEXT], unit="words", num_symbols=70),
}
CONTEXTS: dict[str, Any] = {"ngram_entries": 5_000, "match_slots": 64}
RESIDUAL: dict[str, Any] = {"is_residual": True, "embedding_dim": 66, "mlp_size": 80}
PLAIN: dict[str, Any] = {"is_residual": False, "embedding_dim": 66}
ONE_HOT: dict[str, Any] = {"is_residual": False, "embedding_dim": 0}
SHAPES: dict[str, dict[str, Any]] = {
    "perceptron": {"cell": "perceptron", **ONE_HOT},
    "window": {"cell": "window", **ONE_HOT},
    "window, plain": {"cell": "window", **PLAIN},
    "elman": {"cell": "elman", **PLAIN},
    "gru before, seed": {"cell": "gru", **ONE_HOT, "alphabet": "seed"},
    "gru after": {"cell": "gru", "gru_reset": "after", **RESIDUAL},
    "lstm": {"cell": "lstm", **ONE_HOT},
    "gated": {"cell": "gated", **RESIDUAL, "mlp_size": 0},
    "gated, contexts": {"cell": "gated", **RESIDUAL, **CONTEXTS},
    "gated, consensus": {"cell": "gated", **RESIDUAL, **CONTEXTS, "consensus": True},
    "gated, settings": {
        "cell": "gated",
        **RESIDUAL,
        **CONTEXTS,
        "consensus": True,
        "context_kinds": 2,
        "alphabet": "with brackets",
    },
    "gated, matches": {"cell": "gated", **RESIDUAL, "match_slots": 64, "consensus": True},
    "gru, n-grams": {"cell": "gru", **RESIDUAL, "ngram_entries": 5_000},
    "bpe": {"cell": "gated", **RESIDUAL, **CONTEXTS, "alphabet": "bpe"},
    "words": {"cell": "gated", **RESIDUAL, **CONTEXTS, "alphabet": "words"},
}
PROMPTS = ["", "The lamp", "Mr. Vane didn'", "naïve \U0001f56f 日本’s l", "a\n\n\tb  c_d \x85 e"]
NUM_CHARS = 1_500


def author_of(name: str, folder: Path) -> Path:
    """The file of an author of some shape, all of whose weights matter."""
    shape = dict(SHAPES[name])
    alphabet = ALPHABETS[shape.pop("alphabet", "characters")]
    config = ModelConfig(
        vocab_size=alphabet.vocab_size,
        unit=alphabet.unit,
        hidden_size=72,
        num_layers=2,
        window_size=5,
        **shape,
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=noise) * 0.1)
    if model.context_models is not None:
        marks, kinds = marks_of(alphabet), config.kinds
        ids = [alphabet.encode(TEXT)] if config.has_ngrams else []
        tables = make_tables(ids, kinds=kinds, marks=marks, max_entries=config.ngram_entries)
        model.context_models.use(tables, torch.from_numpy(marks))
    path = folder / "author.safetensors"
    Author(model, alphabet, Card(name="Test", bits_per_char=2.5)).save(path)
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def written(browser: Chromium, prompt: str, *, seed: int, num_chars: int = NUM_CHARS, **values: float) -> str:
    """What the page that is open writes."""
    browser.wait_for("!document.getElementById('write').disabled")
    settings = {
        "prompt": prompt,
        "seed": str(seed),
        **{name.replace("_", "-"): str(each) for name, each in values.items()},
    }
    lines = [
        f"document.getElementById({json.dumps(name)}).value = {json.dumps(text)};" for name, text in settings.items()
    ]
    browser.evaluate(
        f"{''.join(lines)} document.getElementById('lock').checked = true;"
        f"document.body.dataset.chars = '{num_chars or ''}'; document.getElementById('write').click()"
    )
    browser.wait_for("/^Done|cannot|must/.test(document.getElementById('status').textContent)")
    assert browser.evaluate("document.getElementById('status').textContent").startswith("Done")
    text: str = browser.evaluate("document.getElementById('written').lastChild.data")
    return text


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_the_same_seed_gives_the_same_text(name: str, browser: Chromium, tmp_path: Path) -> None:
    path = author_of(name, tmp_path)
    author = Author.load(path)
    export_html(load_author(path), tmp_path / "author.html")
    browser.open(tmp_path / "author.html")
    for seed, prompt in enumerate(PROMPTS, start=2**40):
        needed = author.write(prompt, seed=seed, max_chars=NUM_CHARS, temperature=1.0, min_p=0.01)
        assert len(set(needed)) > 8, "else it proves little"
        assert written(browser, prompt, seed=seed, heat=1.0, min_p=0.01) == needed
    options: dict[str, Any] = {"top_k": 9, "top_p": 0.9, "min_p": 0.0}
    needed = author.write("lamp", seed=2**63 - 1, max_chars=NUM_CHARS, temperature=1.2, **options)
    assert written(browser, "lamp", seed=2**63 - 1, heat=1.2, **options) == needed
    assert {address.partition(":")[0] for address in browser.requests} <= {"file", "blob"}, browser.requests
    assert not browser.complaints


@pytest.mark.slow
@pytest.mark.skipif(not has_author(), reason="there is no author in the box")
def test_the_author_in_the_box_writes_its_pages(browser: Chromium, tmp_path: Path) -> None:
    path, author = boxed_author(), Author.from_box()
    assert export_html(load_author(path), tmp_path / "box.html") < 9_000_000
    browser.open(tmp_path / "box.html")
    for seed, prompt in ((1, ""), (2, "It was a dark"), (3, "“I don’t know,” said")):
        assert written(browser, prompt, seed=seed, heat=0.8) == author.write(prompt, seed=seed, max_chars=NUM_CHARS)
    page = written(browser, "", seed=4, num_chars=0, heat=0.8)
    assert page == author.write(seed=4, max_words=250)
    assert not browser.complaints


@pytest.mark.slow
def test_int8_is_the_author_saved_in_8_bits(browser: Chromium, tmp_path: Path) -> None:
    path = author_of("gated, contexts", tmp_path)
    Author.load(path).save(tmp_path / "small.safetensors", precision="int8")
    export_html(load_author(path), tmp_path / "author.html", is_int8=True)
    browser.open(tmp_path / "author.html")
    needed = Author.load(tmp_path / "small.safetensors").write("A lamp", seed=5, max_chars=NUM_CHARS, temperature=1.0)
    assert written(browser, "A lamp", seed=5, heat=1.0) == needed


@pytest.mark.slow
def test_it_stops_and_stays_alive_meanwhile(browser: Chromium, tmp_path: Path) -> None:
    export_html(load_author(author_of("gated", tmp_path)), tmp_path / "author.html")
    browser.open(tmp_path / "author.html")
    browser.wait_for("!document.getElementById('write').disabled")
    browser.evaluate("document.getElementById('length').value = ''; document.getElementById('write').click()")
    browser.wait_for("document.getElementById('written').textContent.length > 500")
    browser.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    browser.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    browser.wait_for("document.getElementById('status').textContent.startsWith('Stopped')")
    length = browser.evaluate("document.getElementById('written').textContent.length")
    assert browser.evaluate("new Promise(go => setTimeout(() => go(written.textContent.length), 300))") == length


@pytest.mark.slow
def test_a_text_is_shown_as_text_and_a_wrong_seed_refused(browser: Chromium, tmp_path: Path) -> None:
    export_html(load_author(author_of("gated", tmp_path)), tmp_path / "author.html")
    browser.open(tmp_path / "author.html")
    written(browser, "<img src=x onerror=alert(1)><b>a", seed=1, num_chars=50)
    assert browser.evaluate("document.querySelectorAll('#written img, #written b').length") == 0
    browser.evaluate(f"seed.value = '{2**63}'; document.getElementById('write').click()")
    assert "whole number" in browser.evaluate("document.getElementById('status').textContent")
    assert browser.evaluate("document.querySelector('meta[http-equiv]').content").startswith("default-src 'none'")


def test_a_card_from_a_stranger_is_only_text(tmp_path: Path) -> None:
    name = '<script>alert("x")</script>{{author}}\ud800'
    book = CardBook(title="</li><img src=x>", author="&", split="train", num_chars=3, sha256="0" * 64)
    parts = load_author(author_of("elman", tmp_path))._replace(card=Card(name=name, books=(book,), num_books=2))
    page = render_page(parts)
    head = page[: page.index('<script id="author"')]
    assert "<script" not in head and "<img" not in head and "&lt;img src=x&gt;" in head
    assert page.count("{{author}}") == 2, "a name that looks like a place to fill in"
    assert "and 1 more" in head
    assert not re.search(
        r"https?://|\bfetch\(|XMLHttpRequest|WebSocket|innerHTML|eval\(", page.replace(parts.card.name, "")
    )


def test_the_page_of_an_author_is_always_the_same(tmp_path: Path) -> None:
    parts = load_author(author_of("bpe", tmp_path))
    assert render_page(parts) == render_page(parts)
    assert np.diff([len(render_page(parts, is_int8=True)), len(render_page(parts))])[0] > 0
