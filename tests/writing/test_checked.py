"""Code that is checked while it is written: what is accepted stands, what is refused leaves no trace."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from engines import MAKERS, compiled_engine, loud_model

from penwright.alphabet.characters import Alphabet
from penwright.errors import ConfigError, UsageError
from penwright.writing import code_units
from penwright.writing.checked import Checking, has_code, iter_checked
from penwright.writing.code_units import UnitRule
from penwright.writing.generation import iter_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of
from penwright.writing.streaming import stream_text

ALPHABET = Alphabet.learn(dict.fromkeys("ab;{}()\n\n :=def#", 1))
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
MODEL = loud_model(ALPHABET)
ENGINE = compiled_engine(MODEL, ALPHABET)
MAX_CHARS = 150
"""Length of a unit here: an author that learned nothing leaves most brackets open."""
PROMPTS: dict[UnitRule, str] = {"braces": "int a(b)\n{\n a;\n", "indents": "def a(b):\n a\n", "paragraphs": "a(b)\n"}


@pytest.fixture(autouse=True)
def short_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_units, "MAX_UNIT_CHARS", MAX_CHARS)


def checked(checking: Checking, number: int, *, engine: Any = ENGINE) -> str:
    """The first units of an endless text."""
    prompt = PROMPTS[checking.unit]
    units = iter_checked(engine, ALPHABET, prompt, checking=checking, sampling=SAMPLING, draws=draws_of(5))
    return "".join(islice(units, number))


@pytest.mark.parametrize("rule", PROMPTS)
@pytest.mark.parametrize("kind", MAKERS)
def test_a_check_that_accepts_all_changes_nothing(kind: str, rule: UnitRule) -> None:
    engine, checking = MAKERS[kind](MODEL, ALPHABET), Checking(accepts=lambda unit: True, unit=rule)
    text = checked(checking, 6, engine=engine)
    plain = iter_text(engine, ALPHABET, PROMPTS[rule], sampling=SAMPLING, draws=draws_of(5))
    assert text == "".join(islice(plain, len(text)))
    assert checking.num_units > 2 and checking.num_refused == checking.num_unaccepted == 0


@pytest.mark.parametrize("rule", PROMPTS)
def test_every_unit_that_stands_was_accepted(rule: UnitRule) -> None:
    seen: list[tuple[str, bool]] = []

    def accepts(unit: str) -> bool:
        seen.append((unit, len(unit) % 3 > 0))
        return seen[-1][1]

    checking = Checking(accepts=accepts, unit=rule, num_tries=64)
    text = checked(checking, 6)
    assert checking.num_refused == sum(not accepted for _, accepted in seen) > 0
    assert checking.num_unaccepted == 0
    assert seen[0][0].startswith(PROMPTS[rule])  # the unit that the prompt left open is judged whole
    stand = [unit for unit, accepted in seen if accepted]
    assert all(unit in PROMPTS[rule] + text for unit in stand)
    assert text == checked(Checking(accepts=accepts, unit=rule, num_tries=64), 6)


def test_a_method_is_judged_behind_the_class_that_it_belongs_to() -> None:
    prompt, seen = "class a:\n def a():\n  a\n\n def b(", list[str]()
    checking = Checking(accepts=lambda unit: not seen.append(unit), unit="indents")  # type: ignore[func-returns-value]
    units = iter_checked(ENGINE, ALPHABET, prompt, checking=checking, sampling=SAMPLING, draws=draws_of(5))
    next(units)
    assert seen[0].startswith(prompt)


def test_a_unit_that_is_never_accepted_stands_after_its_tries() -> None:
    checking = Checking(accepts=lambda unit: False, unit="braces", num_tries=3)
    checked(checking, 6)
    assert checking.num_units == checking.num_unaccepted > 0
    assert checking.num_refused == 3 * checking.num_units
    assert "though refused 3 times" in checking.sentence()


def test_a_unit_that_ends_in_blanks_is_refused_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_units, "MAX_BLANKS", 3)
    seen: list[str] = []
    checking = Checking(accepts=lambda unit: not seen.append(unit), unit="braces", num_tries=64)  # type: ignore[func-returns-value]
    checked(checking, 12)
    assert checking.num_refused > 0 and checking.num_unaccepted == 0
    assert seen and not any(map(code_units.ends_in_blanks, seen))


def test_words_end_a_text_with_a_unit() -> None:
    def stream(**options: Any) -> Iterator[str]:
        checking = Checking(accepts=lambda unit: True, unit="braces")
        return stream_text(ENGINE, ALPHABET, PROMPTS["braces"], after=None, guides=(), options=options, check=checking)

    text = "".join(stream(max_words=9, seed=1))
    longer = "".join(stream(max_chars=len(text) + 50, seed=1))
    assert len(text.split()) >= 9 and longer.startswith(text)
    assert text.endswith("\n") or len(text) >= MAX_CHARS


def test_comments_and_directives_are_no_code() -> None:
    assert not any(map(has_code, ["", "\n \n", "/* a;\n b */\n// c\n", "#ifdef A\n", "#define A \\\n  b\n", "# c\n"]))
    assert all(map(has_code, ["a;\n", "/* a */ b\n", "#ifdef A\na;\n"]))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"num_tries": 0}, "check_tries=0 must be a whole number from 1 to 64"),
        ({"unit": "lines"}, "check_unit='lines' is unknown"),
        ({"accepts": 3}, "check=3 must be a function"),
    ],
)
def test_a_check_that_is_none_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises((UsageError, ConfigError), match=sentence):
        Checking(**{"accepts": bool, **values})


def test_a_check_and_the_best_of_several_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="best_of=2 and a check exclude each other"):
        stream_text(ENGINE, ALPHABET, "", after=None, guides=(), options={"best_of": 2}, check=bool)
