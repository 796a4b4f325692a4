"""Who wrote it: tiny authors of different alphabets, and what they wrote."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from engines import loud_model
from served import LABELS, labelled_author

from penwright import Alphabet, Author, attribute
from penwright.alphabet.auto import learn_subwords
from penwright.author.attribution import WITHOUT, attribute_labels
from penwright.author.card import Card, CardLabel
from penwright.cli.app import main
from penwright.errors import UsageError
from penwright.evaluation.attribution import MIN_PASSAGES, attribute_bits, passage_starts

CHARACTERS = Alphabet.learn(dict.fromkeys("abcdefgh .\n", 1))
SUBWORDS = learn_subwords(CHARACTERS, ["abc abd. ab\n\nabc " * 3], unit="bpe", num_symbols=40)
PAGE = "aab bca. bde cab\n\nfgh abc. " * 60


def author_of(alphabet: Alphabet, seed: int) -> Author:
    """An untrained author with habits of its own."""
    model = loud_model(alphabet)
    with torch.no_grad():
        model.readout_weight.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(seed))
        model.readout_bias[:17] = -4.0  # few nibbles
    return Author(model, alphabet)


AUTHORS = {"A": author_of(CHARACTERS, 5), "B": author_of(CHARACTERS, 6), "C": author_of(SUBWORDS, 7)}


@pytest.mark.parametrize("name", AUTHORS)
def test_a_text_is_attributed_to_the_author_that_wrote_it(name: str) -> None:
    text = AUTHORS[name].write(seed=3, max_chars=2_500, temperature=1.0)
    result = attribute(text, AUTHORS)
    assert result.authors[0].name == name and result.is_separated
    assert result.num_chars == len(text) and result.num_left_out == 0
    assert result.authors[0].wins == 1.0 and f"{name} fits best" in result.verdict
    for each in result.authors:
        score = AUTHORS[each.name].score(text)
        assert each.bits_per_char == pytest.approx(score.bits_per_char, abs=1e-9)
        assert each.low is not None and each.high is not None and each.low < each.bits_per_char < each.high
    assert result.lead == pytest.approx(result.authors[1].bits_per_char - result.authors[0].bits_per_char)


def test_the_same_seed_gives_the_same_intervals() -> None:
    page = "".join(sorted(PAGE[:900])) + PAGE
    assert attribute(page, AUTHORS, seed=4) == attribute(page, AUTHORS, seed=4)
    assert attribute(page, AUTHORS, seed=4) != attribute(page, AUTHORS, seed=5)


def test_all_authors_are_scored_on_the_characters_that_each_can_score() -> None:
    authors = {**AUTHORS, "seed": author_of(Alphabet.seed(), 8)}
    result = attribute(PAGE[:-5] + "日本", authors)
    assert result.num_left_out == 3, "the first, and two that the seed alphabet cannot tell apart"
    assert attribute(PAGE, AUTHORS).num_left_out == 0


def test_twins_are_not_told_apart() -> None:
    result = attribute(PAGE, {"one": AUTHORS["A"], "two": AUTHORS["A"]})
    assert not result.is_separated and result.lead == 0.0
    assert "does not tell one and two apart" in result.verdict


def test_a_short_text_has_no_interval_and_says_so() -> None:
    result = attribute("abc abc", AUTHORS)
    assert result.lead_low is None and result.authors[0].wins is None and not result.is_separated
    assert "1 passage of text are too few" not in result.verdict and "too short" in result.verdict


def test_a_lead_that_one_passage_decides_is_not_separated() -> None:
    """A plain comparison of means calls this a clear win."""
    text = ("word " * 60 + "\n\n") * 8
    bits = np.ones((2, len(text)))
    bits[0, :300] = 0.0
    bits[0, 310:] += 0.02
    result = attribute_bits(["x", "y"], bits, text, is_scored=np.ones(len(text), np.bool_))
    assert result.authors[0].name == "x" and not result.is_separated


@pytest.mark.parametrize("text", ["a", "word " * 2_000, "x" * 9_999, "One.\n\n" * 400, ("long " * 700 + "\n\n") * 3])
def test_passages_cover_the_text_and_are_of_a_size(text: str) -> None:
    starts = passage_starts(text)
    sizes = np.diff([*starts, len(text)])
    assert starts[0] == 0 and (sizes > 0).all() and sizes.max() <= 500
    assert (sizes[:-1] >= 250).all()


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Of differences of passages drawn around 0.05, about 95 of 100 intervals hold 0.05."""
    generator = np.random.Generator(np.random.PCG64(1))
    text = ("word " * 60 + "\n\n") * 30
    starts = passage_starts(text)
    assert len(starts) == 30 > MIN_PASSAGES
    sizes = np.diff([*starts, len(text)])
    held = 0
    for trial in range(60):
        bits = np.full((2, len(text)), 2.0)
        bits[1] += np.repeat(generator.normal(0.05, 0.1, 30), sizes)
        result = attribute_bits(["x", "y"], bits, text, is_scored=np.ones(len(text), np.bool_), seed=trial)
        lead = 0.05 if result.authors[0].name == "x" else -0.05
        assert result.lead_low is not None and result.lead_high is not None
        held += result.lead_low <= lead <= result.lead_high
    assert 51 <= held <= 60


@pytest.mark.parametrize(
    ("text", "authors", "message"),
    [
        ("abc", {"A": AUTHORS["A"]}, "1 authors were given; give 2 to"),
        ("", AUTHORS, "the text is empty"),
    ],
)
def test_what_cannot_be_compared_is_refused(text: str, authors: dict[str, Author], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        attribute(text, authors)


def test_a_text_is_attributed_to_the_label_that_wrote_it() -> None:
    author = labelled_author()
    mixtures = {"(no label)": "none", **{name: {name: 1.0} for name in LABELS}}
    for name in mixtures:
        text = author.labelled(mixtures[name]).write(seed=3, max_chars=2_500, temperature=1.0)
        result = attribute_labels(text, author)
        assert {each.name for each in result.authors} == set(mixtures) and result.is_separated
        assert result.authors[0].name == name and f"Of these labels, {name} fits best" in result.verdict
        for each in result.authors:
            score = author.labelled(mixtures[each.name]).score(text)
            assert each.bits_per_char == pytest.approx(score.bits_per_char, abs=1e-9)
        assert f"{name} {result.authors[0].bits_per_char:.5f}" in repr(result)
    with pytest.raises(UsageError, match="knows no labels"):
        attribute_labels(PAGE, AUTHORS["A"])


def test_labels_may_have_the_names_of_no_label() -> None:
    author = labelled_author()
    text = author.labelled("none").write(seed=3, max_chars=2_500, temperature=1.0)
    needed = author.labelled("none").score(text).bits_per_char
    names = ("none", WITHOUT, "Doe, John")
    named = Author(author.model, author.alphabet, Card(labels=tuple(CardLabel(name, 7) for name in names)))
    result = attribute_labels(text, named)
    assert sorted(each.name for each in result.authors) == sorted((WITHOUT, *names))
    assert result.authors[0].name == WITHOUT
    assert result.authors[0].bits_per_char == pytest.approx(needed, abs=1e-9)


def test_the_command_compares_the_labels_of_one_author(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    author, page = labelled_author(), tmp_path / "page.txt"
    path = str(tmp_path / "author.safetensors")
    author.save(path)
    page.write_text(author.labelled("doyle").write(seed=1, max_chars=2_500, temperature=1.0), encoding="utf-8")
    assert main(["attribute", str(page), "--authors", path, "--by-label"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["label", "bits/char"] and lines[1].startswith("A. C. Doyle ")
    assert "Of these labels, A. C. Doyle fits best" in lines[6]
    assert main(["attribute", str(page), "--authors", path, "--by-label", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["compared"] == "labels" and facts["authors"][0]["name"] == "A. C. Doyle"
    assert main(["attribute", str(page), "--by-label"]) == 2
    assert "--by-label compares the labels of one author, and 0 authors were given." in capsys.readouterr().err


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Author files and a text."""
    paths = {name: str(tmp_path / f"{name}.safetensors") for name in "AB"}
    for name, path in paths.items():
        AUTHORS[name].save(path)
    page = tmp_path / "page.txt"
    page.write_text(AUTHORS["B"].write(seed=1, max_chars=2_500, temperature=1.0), encoding="utf-8")
    return {**paths, "page": str(page)}


def test_the_command_prints_a_table_and_a_sentence(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", files["page"], "--authors", files["A"], files["B"]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["author", "bits/char"]
    assert lines[1].startswith(files["B"]) and lines[2].startswith(files["A"])
    assert f"{files['B']} fits best" in lines[4]
    assert main(["attribute", files["page"], "--authors", files["A"], files["B"], "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["authors"][0]["name"] == files["B"] and facts["is_separated"] and facts["learned_from_it"] == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{page}", "--authors", "{A}"], 2, "1 author was given; give two or more with --authors, or one and --box"),
        (["{page}"], 2, "0 authors were given"),
        (["{page}", "--authors", "{A}", "{A}"], 2, "given twice"),
        (["{page}", "--authors", "{A}", "nowhere"], 2, "--authors nowhere: there is no such file or folder"),
        (["nowhere.txt", "--authors", "{A}", "{B}"], 1, "there is no such file or folder (nowhere.txt)"),
        (["{page}", "--authors", "{A}", "{B}", "--seed", "-1"], 2, "--seed"),
    ],
)
def test_wrong_usage_is_one_sentence(
    words: list[str], code: int, message: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attribute", *(word.format(**files) for word in words)]) == code
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1
