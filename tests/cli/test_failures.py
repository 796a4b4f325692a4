"""Whatever a user can cause is one sentence and an exit code; our own mistakes keep their traceback."""

import errno
import os

import pytest

from penwright.cli.failures import exit_code_of, sentence_of
from penwright.errors import ConfigError, CorpusError


def test_our_errors_speak_for_themselves_on_one_line() -> None:
    assert sentence_of(CorpusError("no book\n   was found.")) == "no book was found."
    assert exit_code_of(CorpusError("")) == 1
    assert exit_code_of(ConfigError("")) == 2


@pytest.mark.parametrize(
    ("number", "start"),
    [
        (errno.ENOSPC, "the disk is full (a.txt). What was saved before is whole"),
        (errno.EROFS, "the disk is read-only (a.txt)"),
        (errno.EACCES, "no permission to read or write (a.txt)"),
        (errno.ENOENT, "there is no such file or folder (a.txt)"),
        (errno.EISDIR, "a file is needed, and this is a folder (a.txt)."),
        (errno.EMFILE, "too many open files (a.txt)."),
    ],
)
def test_what_the_system_refuses_is_said(number: int, start: str) -> None:
    error = OSError(number, os.strerror(number), "a.txt")
    assert str(sentence_of(error)).startswith(start)
    assert exit_code_of(error) == 1


def test_an_error_without_words_gets_some() -> None:
    assert sentence_of(OSError()) == "oSError."


def test_too_little_memory_names_what_to_make_smaller() -> None:
    import torch

    for error in (
        MemoryError(),
        torch.OutOfMemoryError("CUDA"),
        RuntimeError("[enforce fail] can't allocate memory: 1 TB"),
    ):
        assert "memory of this machine is not enough" in str(sentence_of(error))
        assert "--set model.hidden_size=" in str(sentence_of(error))


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), AssertionError(), KeyError("x")])
def test_a_mistake_of_our_own_is_none(error: Exception) -> None:
    assert sentence_of(error) is None
