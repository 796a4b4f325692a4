"""Paths in commands to copy."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright import quoting
from penwright.quoting import quoted


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1))
def test_a_shell_reads_one_word(name: str) -> None:
    assert shlex.split(quoted(name)) == [name]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("runs\\a", "runs\\a"), ("C:\\runs\\my books", '"C:\\runs\\my books"'), ("it's", '"it\'s"'), ("", '""')],
)
def test_windows_has_double_quotes_alone(path: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "_IS_WINDOWS", True)
    assert quoted(path) == shown
