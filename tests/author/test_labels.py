"""An author writes as one of its labels or as a mixture, from any point of a text; what it does not know is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engines import loud_model
from hypothesis import given
from hypothesis import strategies as st

from penwright import Author, Bookmark, Card
from penwright.alphabet.characters import Alphabet
from penwright.author import labels as labels_module
from penwright.author.card import CardLabel
from penwright.author.file.loading import load_author
from penwright.author.labels import parts_of, shares_of, without_choice, without_labels
from penwright.errors import UsageError
from penwright.model.config import MAX_LABELS
from penwright.ngrams.letters import letters_of
from penwright.ngrams.tables import empty_tables

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane; the lamps were lamps.\n" * 3
ALPHABET = Alphabet.learn(dict.fromkeys(PROSE, 1))
NAMES = ("Austen, Jane", "Arthur Conan Doyle", "Doyle the Elder", "shelf 2")
OPTIONS: dict[str, Any] = {"max_chars": 80, "seed": 4, "temperature": 1.0, "min_p": 0.0}


def author_of(**settings: Any) -> Author:
    """An untrained author whose labels matter."""
    shape = {"cell": "gated", "is_residual": True, "match_slots": 32, "num_labels": len(NAMES), **settings}
    model = loud_model(ALPHABET, **shape)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("label_embedding", "projection_weight")):  # both begin at zero
                weight.normal_(generator=torch.Generator().manual_seed(3))
    if model.context_models is not None:
        model.context_models.use(empty_tables(ALPHABET.vocab_size), torch.from_numpy(letters_of(ALPHABET)))
    return Author(model, ALPHABET, Card(labels=tuple(CardLabel(name, 7) for name in NAMES)))


@pytest.mark.parametrize(
    ("wanted", "shares"),
    [
        ("austen", [1, 0, 0, 0]),
        ("AUSTEN, jane", [1, 0, 0, 0]),
        ("austen:0.7,elder:0.3", [0.7, 0, 0.3, 0]),
        (" austen 7 , the elder = 3 ", [0.7, 0, 0.3, 0]),
        ("austen, conan doyle", [0.5, 0.5, 0, 0]),
        ("austen:.5", [0.5, 0, 0, 0]),
        ("shelf 2", [0, 0, 0, 1]),
        ("shelf 2:3,austen", [0.25, 0, 0, 0.75]),
        ("none", [0, 0, 0, 0]),
        ({"austen": 1, "Arthur Conan Doyle": 3}, [0.25, 0.75, 0, 0]),
    ],
)
def test_a_mixture_is_read(wanted: Any, shares: list[float]) -> None:
    assert shares_of(wanted, NAMES) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("austin", "no label 'austin'. Did you mean 'Austen, Jane'?"),
        ("doyle", "'doyle' fits 2 labels of this author: 'Arthur Conan Doyle', 'Doyle the Elder'. Name one in full."),
        ("qqqqqq", "no label 'qqqqqq'. Known: Arthur Conan Doyle, Austen, Jane, Doyle the Elder, shelf 2."),
        (" , ", "the label is empty"),
        ("austen:0.5:0.5", "no label 'austen:0.5'"),
        ("austen:99999999", "the share of 'austen' is 99999999.0; it must be a number from 0 to 1,000,000"),
        ({"austen": -1}, "the share of 'austen' is -1"),
        ({"austen": float("nan")}, "the share of 'austen' is nan"),
        ({"austen": 10**5_000}, "the share of 'austen' is a number of 16,610 bits; it must be"),
        ({"austen": "much"}, "the share of 'austen' is 'much'"),
    ],
)
def test_what_is_no_mixture_of_known_labels_is_told(wanted: Any, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        shares_of(wanted, NAMES)
    assert told in str(caught.value)
    with pytest.raises(UsageError, match="knows no labels.*--labels writers"):
        shares_of(wanted, ())


def test_whatever_is_asked_for_is_looked_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server reads this from a request: for 2,000 blanks it stood still for half a minute, for 16 names for eight
    seconds. So each label is looked at once, whatever is asked for."""
    names = [f"Writer{number}, First{number} Middle" for number in range(MAX_LABELS)]
    folded: list[str] = []
    real = labels_module._folded
    monkeypatch.setattr(labels_module, "_folded", lambda name: folded.append(name) or real(name))
    monkeypatch.setattr(labels_module, "get_close_matches", lambda *given, **options: pytest.fail("compares them all"))
    shares = shares_of(",".join(f"first{number} writer{number}:2" for number in range(16)), names)
    assert shares.nonzero()[0].tolist() == list(range(16)) and shares.max() == pytest.approx(1 / 16)
    for unknown in ("a" + " " * 1_998 + "b", "a:" + " " * 1_990 + "1b", "1" * 1_999 + "b", "writer first middle"):
        with pytest.raises(UsageError, match="this author has no label"):
            shares_of(unknown, names)
    assert MAX_LABELS <= len(folded) < MAX_LABELS + 100
    assert shares_of("austen" + " " * 1_990 + ".5", NAMES).tolist() == [0.5, 0, 0, 0]


@given(st.text(alphabet="ab[]: \n\r", max_size=40), st.text(max_size=20))
def test_only_a_whole_line_is_no_part_of_a_prompt(before: str, behind: str) -> None:
    for prompt in (before, f"{before}[[as: x]]", f"{before}\n[[as: x y]] \r\n{behind}"):
        parts = parts_of(prompt)
        assert parts[0].label is None and all(part.label is not None for part in parts[1:])
        assert without_labels(prompt) == "".join(part.text for part in parts)
    assert parts[1:] == parts[1:] and parts_of(f"{before}\n[[as: x y]] \r\n{behind}")[-1].text.endswith(behind[-1:])
    assert parts_of("He said [[as: x]] twice\n[as: x]\n [[as: x]]\n") == [
        (None, "He said [[as: x]] twice\n[as: x]\n [[as: x]]\n")
    ]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_file_keeps_the_labels_and_an_author_of_one_writes_as_it(tmp_path: Path, precision: Any) -> None:
    path = tmp_path / "author.safetensors"
    author_of(embedding_dim=64).save(path, precision=precision)
    author = Author.load(path)
    assert author.labels == NAMES
    mixed = author.labelled("austen:0.7,elder:0.3")
    text = mixed.write("The ", **OPTIONS)
    assert text == author.labelled({"austen": 7, "elder": 3}).write("The ", **OPTIONS)
    assert text != author.write("The ", **OPTIONS)
    baked = without_choice(load_author(path), "austen:0.7,elder:0.3")
    assert "label_embedding" not in baked.weights and not baked.config.num_labels and not baked.card.labels
    plain = Author.__new__(Author)
    plain.alphabet, plain.card, plain._model, plain._parts, plain._engine = ALPHABET, baked.card, None, baked, None
    assert plain.write("The ", **OPTIONS) == text
    assert plain.score(PROSE).bits_per_char == pytest.approx(mixed.score(PROSE).bits_per_char, rel=1e-4)
    assert author.score(PROSE).bits_per_char != pytest.approx(mixed.score(PROSE).bits_per_char, rel=1e-4)
    nobody = without_choice(load_author(path), None)
    plain._parts, plain._engine = nobody, None
    assert (
        plain.write("The ", **OPTIONS)
        == author.write("The ", **OPTIONS)
        == author.labelled("none").write("The ", **OPTIONS)
    )


def test_a_label_changes_in_mid_text_and_a_bookmark_keeps_it(tmp_path: Path) -> None:
    author = author_of()
    austen, elder = author.labelled("austen"), author.labelled("elder")
    first, second = "The lamp went out.\n", "Wh"
    needed = elder.write(second, after=austen.read(first), **OPTIONS)
    assert author.write(f"[[as: austen]]\n{first}[[as: the elder]]\n{second}", **OPTIONS) == needed
    assert needed not in [each.write(first + second, **OPTIONS) for each in (author, austen)]
    assert not np.array_equal(elder.read(second, after=austen.read(first)).logits, elder.read(first + second).logits)
    mark = tmp_path / "mark"
    elder.read(second, after=austen.read(first)).save(mark, author)
    assert author.write(after=Bookmark.load(mark, author), **OPTIONS) == needed
    assert austen.write("", after=Bookmark.load(mark, author), **OPTIONS) != needed
    assert author.write("[[as: austen]]", **OPTIONS) == austen.write(**OPTIONS), "a paragraph of its own"
    with pytest.raises(UsageError, match="no label 'x'"):
        author.stream("[[as: x]]\nThe", **OPTIONS)


def test_an_author_without_labels_has_none_in_its_card_and_refuses_them(tmp_path: Path) -> None:
    author = author_of()
    assert Card.from_dict(author.card.to_dict()) == author.card
    assert "labels" not in Card().to_dict()
    with pytest.raises(UsageError, match="knows 4 labels and the card names 0"):
        Author(author.model, ALPHABET)
    plain = Author(loud_model(ALPHABET), ALPHABET)
    for prompt in ("[[as: austen]]\nThe", "The\n[[as: none]]"):
        with pytest.raises(UsageError, match="knows no labels"):
            plain.write(prompt, **OPTIONS)
    path = tmp_path / "author.safetensors"
    author.card = replace(author.card, labels=author.card.labels[1:])
    with pytest.raises(AssertionError):
        author.save(path)


def test_rows_of_labels_are_not_rounded_away() -> None:
    vectors = np.eye(len(NAMES), 64, dtype=np.float32)
    from penwright.author.labels import vector_of
    from penwright.model.rounding import rounded

    shares = shares_of("austen:0.5,elder:0.25", NAMES)
    np.testing.assert_allclose(vector_of(shares, rounded(vectors)), shares @ vectors, atol=1e-6)
