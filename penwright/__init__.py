"""Raise a small recurrent author on any shelf of books, character by character, and let it write.

Nothing is imported before its first use: `import penwright` costs nothing and does nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the list that editors and type checkers read
    from penwright.alphabet.characters import Alphabet as Alphabet
    from penwright.author.author import Author as Author
    from penwright.corpus.config import CorpusConfig as CorpusConfig
    from penwright.corpus.preparing import Corpus as Corpus
    from penwright.corpus.preparing import prepare as prepare
    from penwright.errors import PenwrightError as PenwrightError
    from penwright.model.char_model import CharModel as CharModel
    from penwright.model.config import ModelConfig as ModelConfig
    from penwright.training.settings.config import TrainConfig as TrainConfig
    from penwright.training.start import resume as resume
    from penwright.training.start import train as train
    from penwright.writing.options import SamplingConfig as SamplingConfig

__version__ = "0.1.0"

_HOME = {  # the list that Python reads, on first use (PEP 562)
    "Alphabet": "penwright.alphabet.characters",
    "Author": "penwright.author.author",
    "CharModel": "penwright.model.char_model",
    "Corpus": "penwright.corpus.preparing",
    "CorpusConfig": "penwright.corpus.config",
    "ModelConfig": "penwright.model.config",
    "PenwrightError": "penwright.errors",
    "SamplingConfig": "penwright.writing.options",
    "TrainConfig": "penwright.training.settings.config",
    "prepare": "penwright.corpus.preparing",
    "resume": "penwright.training.start",
    "train": "penwright.training.start",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'penwright' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
