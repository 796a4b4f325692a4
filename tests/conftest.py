"""What tests share: six little books of our own, a corpus and a model made of them, and a home that is nobody's."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from folders import SHELF
from hypothesis import settings

if TYPE_CHECKING:
    from penwright import CharModel, Corpus

# Before torch is imported by whichever test needs it: two cores are faster with one thread each on models this small.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# The same examples in every run, none kept on disk, and no failure because a machine was busy.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=50)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _home_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point the home folder and every cache at a temporary folder, so that no test reads or writes the user's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"):
            patch.setenv(name, str(home))
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        for name in ("PENWRIGHT_CACHE", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> None:
    """Hear Ctrl-C even where the tests were started in the background of a shell, which has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def prose() -> dict[str, str]:
    """Six little books by five authors, 9 kB: file name such as "Vane_Lamp_1884.txt" -> text.

    Straight and curly quotes, dashes of both kinds, a few accents; three are hard-wrapped, three are not.
    """
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(SHELF.glob("*.txt"))}


@pytest.fixture
def books_dir(tmp_path: Path) -> Path:
    """A folder of one's own with the six books as files."""
    return Path(shutil.copytree(SHELF, tmp_path / "books"))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> "Corpus":
    """The six books, prepared with the default configuration. Shared: read it, never write to its store."""
    from penwright import prepare

    return prepare([SHELF], cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def tiny_model(corpus: "Corpus") -> "CharModel":
    """One gated recurrent unit layer of 16 over the corpus's alphabet, untrained, the same each time."""
    import torch

    from penwright import CharModel, ModelConfig

    config = ModelConfig(
        cell="gru",
        vocab_size=corpus.alphabet.vocab_size,
        embedding_dim=8,
        hidden_size=16,
        num_layers=1,
        is_residual=False,
    )
    return CharModel(config, generator=torch.Generator().manual_seed(0))
