"""Raise a small recurrent author on any shelf of books, character by character, and let it write.

Nothing is imported before its first use: `import penwright` costs nothing and does nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the list that editors and type checkers read
    from penwright.alphabet.characters import Alphabet as Alphabet
    from penwright.author.attribution import attribute as attribute
    from penwright.author.author import Author as Author
    from penwright.author.card import Card as Card
    from penwright.author.works.writing import write_work as write_work
    from penwright.corpus.config import CorpusConfig as CorpusConfig
    from penwright.corpus.preparing import Corpus as Corpus
    from penwright.corpus.preparing import prepare as prepare
    from penwright.errors import PenwrightError as PenwrightError
    from penwright.evaluation.book_score import BookScore as BookScore
    from penwright.evaluation.texts import ParagraphScore as ParagraphScore
    from penwright.evaluation.texts import TextScore as TextScore
    from penwright.model.char_model import CharModel as CharModel
    from penwright.model.config import ModelConfig as ModelConfig
    from penwright.notebook import raise_author as raise_author
    from penwright.notebook import resume as resume
    from penwright.notebook import train as train
    from penwright.training.records import Comparison as Comparison
    from penwright.training.records import Evaluation as Evaluation
    from penwright.training.records import FellBack as FellBack
    from penwright.training.records import Finished as Finished
    from penwright.training.records import Planned as Planned
    from penwright.training.records import Progress as Progress
    from penwright.training.records import RolledBack as RolledBack
    from penwright.training.records import Sample as Sample
    from penwright.training.records import Saved as Saved
    from penwright.training.settings.config import TrainConfig as TrainConfig
    from penwright.writing.bookmark import Bookmark as Bookmark
    from penwright.writing.options import SamplingConfig as SamplingConfig

__version__ = "0.1.0"

_HOME = {  # the list that Python reads, on first use (PEP 562)
    "Alphabet": "penwright.alphabet.characters",
    "Author": "penwright.author.author",
    "BookScore": "penwright.evaluation.book_score",
    "Bookmark": "penwright.writing.bookmark",
    "Card": "penwright.author.card",
    "CharModel": "penwright.model.char_model",
    "Comparison": "penwright.training.records",
    "Corpus": "penwright.corpus.preparing",
    "CorpusConfig": "penwright.corpus.config",
    "Evaluation": "penwright.training.records",
    "FellBack": "penwright.training.records",
    "Finished": "penwright.training.records",
    "ModelConfig": "penwright.model.config",
    "ParagraphScore": "penwright.evaluation.texts",
    "PenwrightError": "penwright.errors",
    "Planned": "penwright.training.records",
    "Progress": "penwright.training.records",
    "RolledBack": "penwright.training.records",
    "Sample": "penwright.training.records",
    "SamplingConfig": "penwright.writing.options",
    "Saved": "penwright.training.records",
    "TextScore": "penwright.evaluation.texts",
    "TrainConfig": "penwright.training.settings.config",
    "attribute": "penwright.author.attribution",
    "prepare": "penwright.corpus.preparing",
    "raise_author": "penwright.notebook",
    "resume": "penwright.notebook",
    "train": "penwright.notebook",
    "write_work": "penwright.author.works.writing",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'penwright' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
