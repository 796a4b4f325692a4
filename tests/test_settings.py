"""Settings are checked as they are declared, and former names are understood."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypedDict

import pytest

from penwright import settings
from penwright.errors import ConfigError
from penwright.settings import (
    Between,
    Matching,
    MaxChars,
    OneOf,
    Setting,
    check,
    settings_of,
    shown,
    with_present_names,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One setting of each kind."""

    LIMIT: ClassVar[int] = 3
    whole: Annotated[int, Between(1, 65_536)] = 1
    share: Annotated[float, Between(0, 1, excluding=1)] = 0.5
    time: Annotated[float, Between(0, math.inf)] | None = None
    cell: Annotated[str, OneOf(("gru", "lstm"))] = "gru"
    order: Literal["shuffled", "rolled"] = "rolled"
    note: Annotated[str, MaxChars(3)] = ""
    digest: Annotated[str, Matching(re.compile(r"[0-9a-f]{4}"), "4 hexadecimal digits")] = "00ff"
    any_number: float = 0.0
    is_on: bool = False
    table: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self, section="sample.")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"whole": 65_536},
        {"share": 0},
        {"time": 0.0},
        {"time": 10**300},
        {"any_number": -(10**300)},
        {"note": "abc", "cell": "lstm", "order": "shuffled", "is_on": True},
    ],
)
def test_a_value_within_its_bounds_is_taken(values: dict[str, Any]) -> None:
    Sample(**values)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("whole", 0, "sample.whole=0 must be a whole number from 1 to 65,536."),
        ("whole", 10**6000, "sample.whole=a number of 19,932 bits must be a whole number from 1 to 65,536."),
        ("whole", True, "sample.whole=True must be a whole number from 1 to 65,536."),
        ("whole", 2.0, "sample.whole=2.0 must be a whole number from 1 to 65,536."),
        ("whole", None, "sample.whole=None must be a whole number from 1 to 65,536."),
        ("share", 1.0, "sample.share=1.0 must be a number from 0 to 1, but not 1."),
        ("share", math.nan, "sample.share=nan must be a number from 0 to 1, but not 1."),
        ("share", True, "sample.share=True must be a number from 0 to 1, but not 1."),
        ("share", 10**400, "sample.share=a number of 1,329 bits must be a number from 0 to 1, but not 1."),
        ("time", -1, "sample.time=-1 must be a number of at least 0."),
        ("time", math.inf, "sample.time=inf must be a number of at least 0."),
        ("cell", "grou", "sample.cell='grou' is unknown. Did you mean 'gru'?"),
        ("cell", 7, "sample.cell=7 is unknown. Known: gru, lstm."),
        ("cell", [], "sample.cell=[] is unknown. Known: gru, lstm."),
        ("cell", "x" * 9_999, f"sample.cell='{'x' * 49} is unknown. Known: gru, lstm."),
        ("order", "rolld", "sample.order='rolld' is unknown. Did you mean 'rolled'?"),
        ("note", "abcd", "sample.note='abcd' must be text of at most 3 characters."),
        ("note", 3, "sample.note=3 must be text of at most 3 characters."),
        ("digest", "00FF\n", "sample.digest='00FF\\n' must be text of 4 hexadecimal digits."),
        ("digest", "00ff\n", "sample.digest='00ff\\n' must be text of 4 hexadecimal digits."),
        ("any_number", math.inf, "sample.any_number=inf must be a number."),
        ("is_on", 1, "sample.is_on=1 must be true or false."),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) else type(value).__name__,
)
def test_a_value_out_of_bounds_is_refused_with_one_sentence(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Sample(**{name: value})
    assert str(refused.value) == sentence


def test_fields_that_are_no_settings_are_passed_over() -> None:
    assert "table" not in settings_of(Sample)
    assert "LIMIT" not in settings_of(Sample)


def test_a_typed_dict_declares_settings_too() -> None:
    class Options(TypedDict, total=False):
        seed: Annotated[int, Between(0, 9)] | None

    assert settings_of(Options) == {"seed": Setting(int, (Between(0, 9),), may_be_none=True)}


def test_a_long_value_is_shown_shortly() -> None:
    assert len(shown("x" * 10**6)) == settings.MAX_SHOWN_CHARS
    assert shown(2**64) == "a number of 65 bits"


@pytest.fixture
def _renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"train.old": "train.new", "corpus.unit=pairs": "corpus.unit=bpe", "corpus.kind": "corpus.unit"}
    monkeypatch.setattr(settings, "RENAMED", names)


@pytest.mark.usefixtures("_renamed")
@pytest.mark.parametrize(
    ("section", "table", "present"),
    [
        ("train", {"old": 3, "seed": 1}, {"new": 3, "seed": 1}),
        ("model", {"old": 3}, {"old": 3}),
        ("corpus", {"unit": "pairs"}, {"unit": "bpe"}),
        ("corpus", {"kind": "pairs"}, {"unit": "bpe"}),
        ("corpus", {"alphabet": "pairs", "unit": 3}, {"alphabet": "pairs", "unit": 3}),
    ],
)
def test_former_names_and_values_become_the_present_ones(
    section: str, table: dict[str, Any], present: dict[str, Any]
) -> None:
    assert with_present_names(table, section=section) == present


@pytest.mark.usefixtures("_renamed")
@pytest.mark.parametrize("names", [("old", "new"), ("new", "old")])
def test_a_setting_under_both_its_names_is_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"train\.new was given twice, once by its former name"):
        with_present_names(dict.fromkeys(names, 1), section="train")


def test_a_former_name_is_no_present_one() -> None:
    assert not set(settings.RENAMED) & set(settings.RENAMED.values())


def test_lists_of_texts_and_tables_of_numbers_are_settings() -> None:
    class Listed(TypedDict):
        names: Annotated[tuple[str, ...] | None, MaxChars(3)]
        table: Annotated[Mapping[str, float], Between(0, 1), MaxChars(2)]

    names, table = settings_of(Listed)["names"], settings_of(Listed)["table"]
    for value in (None, (), ("abc",), ["a", "b"]):
        names.check("names", value)
    table.check("table", {"ab": 1, "": 0.5})
    for value in ("abc", ("abcd",), (1,), {"a": 1}):
        with pytest.raises(ConfigError, match="names=.* must be a list, each text of at most 3 characters"):
            names.check("names", value)
    for value in ({"abc": 1.0}, {"a": 2.0}, {1: 1.0}, {"a": True}, {"a": "b"}, ["a"]):
        with pytest.raises(ConfigError, match="table=.* must be a table from text to numbers"):
            table.check("table", value)
