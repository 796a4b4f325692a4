"""An author: a model with its alphabet and its card, in one file, that reads, writes and judges texts.

    author = Author.load("runs/shelf")
    print(author.write("It was a dark night", max_words=200, seed=7))

An author that was loaded writes without torch, which takes a second to import. Its model is built when it is first
asked for.

An author keeps no memory between calls. `read` returns its state as a value, a `Bookmark`, and `write` and `stream`
accept one. Several texts can be continued from one bookmark.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, get_args

from penwright.alphabet.characters import Alphabet
from penwright.author.box import boxed_author
from penwright.author.card import Card
from penwright.author.file.format import SUFFIX, Precision
from penwright.author.file.identity import identity_of
from penwright.author.file.loading import AuthorParts, load_author
from penwright.author.file.naming import author_file_of
from penwright.author.labels import WEIGHT
from penwright.author.reader import Reader
from penwright.errors import UsageError
from penwright.markup import html_table
from penwright.model.config import ModelConfig, num_parameters_of
from penwright.writing.bookmark import Bookmark
from penwright.writing.costs import symbol_nats as compiled_nats
from penwright.writing.engines.base import Engine
from penwright.writing.engines.choosing import engine_of_model, engine_of_parts
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.options import WriteOptions, parse_options, shows_options
from penwright.writing.pen import Guides
from penwright.writing.streaming import stream_text

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from penwright.evaluation.texts import Costs, TextScore
    from penwright.model.char_model import CharModel
    from penwright.model.rounding import RoundedWeight
    from penwright.writing.checked import Checking


class Author(Reader):
    """A trained model that writes. Load one from a file or a run folder, or wrap a model of your own."""

    def __init__(self, model: "CharModel", alphabet: Alphabet, card: Card | None = None) -> None:
        """Join a model, its alphabet and its card.

        Args:
            model: Model, used as it is on its device; no copy is made.
            alphabet: Alphabet that the model was trained with.
            card: Card of the author, None for an empty one.

        Raises:
            UsageError: If the alphabet has another number of symbols than the model, or symbols of another unit, or the
                card another number of labels.
        """
        if model.config.vocab_size != alphabet.vocab_size:
            raise UsageError(
                f"the model knows {model.config.vocab_size:,} symbols and the alphabet {alphabet.vocab_size:,}. "
                "Use the alphabet that the model was trained with."
            )
        if model.config.has_context_models and model.config.unit != alphabet.unit:
            raise UsageError(
                f"the model tells contexts of {model.config.unit} apart and the alphabet is of {alphabet.unit}. "
                "Use the alphabet that the model was trained with."
            )
        self.alphabet = alphabet
        self.card = card if card is not None else Card()
        if len(self.card.labels) != model.config.num_labels:
            raise UsageError(
                f"the model knows {model.config.num_labels:,} labels and the card names {len(self.card.labels):,}. "
                "Use the card of the author that was trained."
            )
        self._model: CharModel | None = model
        self._parts: AuthorParts | None = None
        self._engine: Engine | None = None

    @classmethod
    def load(cls, path: str | Path, *, device: "str | torch.device" = "cpu") -> "Author":
        """Load an author.

        Args:
            path: An author file, or the folder of a run, which means the best author of that run. "box", where there is
                no such file, names the author that comes with the package.
            device: Device to compute on, such as "cpu" or "cuda". It need not be the one used for training.

        Raises:
            AuthorError: If there is no author, or the file is damaged, foreign, hostile or of a newer version.
            UsageError: If there is no such device.
        """
        parts = load_author(author_file_of(Path(path)))
        author = cls.__new__(cls)
        author.alphabet, author.card = parts.alphabet, parts.card
        author._model, author._parts, author._engine = None, parts, None
        if str(device) != "cpu":
            from penwright.author.file.building import on_device

            author._model = on_device(author.model, device)
        return author

    @property
    def config(self) -> ModelConfig:
        """Shape of the model."""
        if self._parts is not None:
            return self._parts.config
        assert self._model is not None
        return self._model.config

    @property
    def model(self) -> "CharModel":
        """The model itself. The author of a file builds it when it is first asked for; from then on it is the author:
        whatever is changed in it changes what the author writes."""
        if self._model is None:
            from penwright.author.file.building import build_model

            assert self._parts is not None
            self._model = build_model(self._parts)
        self._parts = self._engine = None
        return self._model

    @property
    def engine(self) -> Engine:
        """The engine that reads and writes for this author."""
        if self._parts is not None and self._engine is None:
            self._engine = engine_of_parts(self._parts.config, self._parts.weights, self._parts.tables, self.alphabet)
        engine = self._engine if self._engine is not None else engine_of_model(self.model, self.alphabet)
        return engine if self._label is None else engine.with_label(self._label)

    def _label_weight(self) -> "NDArray[np.float32] | RoundedWeight":
        return self._parts.weights[WEIGHT] if self._parts else self.model.label_embedding.detach().cpu().numpy()

    @property
    def identity(self) -> str:
        """Digest of the author's weights, n-gram tables and alphabet. A bookmark belongs to one identity."""
        if self._parts is not None:
            return identity_of(self._parts.weights, self._parts.tables, self.alphabet)
        from penwright.author.file.building import arrays_of_model

        return identity_of(*arrays_of_model(self.model), self.alphabet)

    @classmethod
    def from_box(cls, *, device: "str | torch.device" = "cpu") -> "Author":
        """Load the author that comes with the package.

        Args:
            device: As for `load`.

        Raises:
            AuthorError: If this installation has none.
            UsageError: If there is no such device.
        """
        return cls.load(boxed_author(), device=device)

    @classmethod
    def pretrained(cls, *, device: "str | torch.device" = "cpu") -> "Author":
        """Load the author that comes with the package; another name of `from_box`."""
        return cls.from_box(device=device)

    def save(self, path: str | Path, *, precision: Precision = "float32") -> None:
        """Save the author as one file that `load` opens. The file is written whole or not at all.

        Args:
            path: Name that ends in .safetensors, in a folder that exists. A file of that name is replaced.
            precision: Type of the weights in the file. "float16" halves the size and rounds to about one part in two
                thousand. "int8" quarters it and writes faster; it rounds to one part in 127 of the largest weight of a
                row. The author computes in float32 in any case.

        Raises:
            UsageError: If the name ends otherwise, or there is no such precision.
            AuthorError: If it cannot be written, or a weight is not finite.
        """
        path = Path(path)
        if path.suffix != SUFFIX:
            raise UsageError(f"an author's file ends in {SUFFIX}, but '{path.name}' does not. Add the ending.")
        if precision not in get_args(Precision):
            raise UsageError(f"there is no precision '{precision}'. Give {' or '.join(get_args(Precision))}.")
        from penwright.author.file.saving import save_author

        weights = self.model.state_dict()
        save_author(
            path,
            model_config=self.model.config,
            alphabet=self.alphabet,
            weights=weights,
            tables=self.model.tables,
            card=self.card,
            precision=precision,
        )

    @shows_options
    def write(
        self,
        prompt: str = "",
        *,
        after: Bookmark | None = None,
        guides: Guides = (),
        check: "Checking | Callable[[str], bool] | None" = None,
        **options: Unpack[WriteOptions],
    ) -> str:
        """Write a text that ends: `stream`, joined. The arguments are the same, but a limit must be given.

        Args:
            prompt: Text read first and not repeated.
            after: Bookmark to read the prompt from, or None to open a new book.
            guides, check: As for `stream`.
            **options: At least one of max_chars, max_words, max_paragraphs, until and stop, and any others.

        Returns:
            The text written, without the prompt.

        Raises:
            UsageError: If no limit is given, an option does not exist, or a value is out of bounds.
            AuthorError: If the author's predictions are not numbers.
        """
        if parse_options(options).ending.is_endless:
            raise UsageError(
                "write needs to know where to end: give max_chars, max_words, max_paragraphs, until or stop, "
                "or take an endless text from stream."
            )
        return "".join(self.stream(prompt, after=after, guides=guides, check=check, **options))

    @shows_options
    def stream(
        self,
        prompt: str = "",
        *,
        after: Bookmark | None = None,
        guides: Guides = (),
        check: "Checking | Callable[[str], bool] | None" = None,
        **options: Unpack[WriteOptions],
    ) -> Iterator[str]:
        """Write character by character, for ever if no limit is given. The first limit that holds ends the text.

        Args:
            prompt: Text read first and not repeated. A line [[as: LABEL]] in it changes the label for what follows, and
                is no part of the text; see `author.labels`.
            after: Bookmark to read the prompt from, or None to open a new book.
            guides: Rules that steer the text, such as `originality.quote_limit.QuoteLimit`. Each serves one text.
            check: Says whether a unit of code will do. One that it refuses is written again, see
                `writing.checked.Checking`. With a check, max_words and max_paragraphs end a text with a unit.
            **options: Any of the options below. To know the seed of a text, draw it with `writing.options.new_seed`.

        Returns:
            Strings, about one for each character. The prompt is read when the first is asked for.

        Raises:
            UsageError: At once, if an option does not exist, a value is out of bounds, or it knows no such label.
        """
        writer, after, prompt = self.begun(prompt, after=after)
        return stream_text(
            writer.engine, self.alphabet, prompt, after=after, guides=guides, options=options, check=check
        )

    def score(self, text: str, *, adapts: bool = False) -> "TextScore":
        """Score how well the author predicts a text, in bits per character, paragraph by paragraph.

        Args:
            text: Any text, scored as it is. One of 5 million characters takes minutes and half a GB of memory.
            adapts: True if the author adapts to the text as it reads. Each symbol is still predicted before it is read.

        Raises:
            UsageError: If the text has no character that can be scored.
            AuthorError: If the author's predictions are not numbers.
        """
        from penwright.evaluation.texts import score_text

        return score_text(self.costs(adapts=adapts), self.alphabet, text)

    def costs(self, *, adapts: bool = False) -> "Costs":
        """Return the function that scores symbols: by the compiled engine if there is one, else by torch on the device.

        Args:
            adapts: See `score`.
        """
        engine = self.engine
        if adapts or self._label is not None or isinstance(engine, CompiledEngine):
            return partial(compiled_nats, engine, adapts=adapts)
        from penwright.evaluation.costs import symbol_nats

        return partial(symbol_nats, self.model)

    def _repr_html_(self) -> str:
        """Return the author as a notebook shows it."""
        config = self.config
        size = f"{config.cell}, {config.num_layers} x {config.hidden_size}, {num_parameters_of(config):,} parameters"
        facts = [("network", size), ("alphabet", f"{self.alphabet.kind}, {self.alphabet.vocab_size:,} symbols")]
        return html_table(f"Author: {self.card.name or 'unnamed'}", [*facts, *self.card.facts()])

    def __repr__(self) -> str:
        return (
            f"Author({self.card.name or 'unnamed'}, {num_parameters_of(self.config):,} parameters, {self.alphabet!r})"
        )
