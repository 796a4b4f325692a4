"""No result is older than the code that it measures, unless the list of results says so."""

import pytest
from common import RESULTS, ROOT
from stale import LIST, MEASURED, PAGES, Meaning, commits_of, has_history, listing

OLD = '''
"""A module."""
import torch

def first_sum(values, start: int = 0):
    """Sum up."""
    if start < 0:
        raise ValueError("too small")
    return torch.add(values.sum(), start)
'''
SAME = """
import torch
from penwright.errors import ConfigError

def sum_of(numbers: torch.Tensor, offset: int = 0) -> torch.Tensor:
    # Renamed, annotated, and with another message.
    if offset < 0:
        raise ConfigError(f"{offset} is below 0.")
    return torch.add(numbers.sum(), offset)
"""


def test_names_words_and_types_do_not_change_what_is_measured() -> None:
    assert Meaning.of(OLD) == Meaning.of(SAME)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("start < 0", "start <= 0"),
        ("= 0)", "= 1)"),
        ("torch.add", "torch.sub"),
        ("values.sum", "values.mean"),
        ("values.sum(), start", "start, values.sum()"),
    ],
)
def test_another_computation_does(part: str, other: str) -> None:
    assert part in OLD
    assert Meaning.of(OLD) != Meaning.of(OLD.replace(part, other))


def test_every_result_says_what_it_measures_and_when() -> None:
    assert set(RESULTS.glob("*.md")) - {LIST} <= set(PAGES.values())
    assert all((ROOT / path).exists() for paths in MEASURED.values() for path in paths)
    assert all(commits_of(name) for name in MEASURED)


@pytest.mark.slow
def test_the_list_of_results_names_those_that_are_stale() -> None:
    if not has_history():
        pytest.skip("this checkout lacks the commits of the results")
    assert LIST.read_text(encoding="utf-8") == listing(), "run: python benchmarks/stale.py --write"
