"""An author: a model with its alphabet and its card, in one file, that reads, writes and judges texts.

    author = Author.load("runs/shelf")
    print(author.write("It was a dark night", max_words=200, seed=7))

An author keeps no memory between calls. `read` returns its state as a value, a `Bookmark`, and `write` and `stream`
accept one. Several texts can be continued from one bookmark.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Unpack, get_args

import torch

from penwright.alphabet.characters import Alphabet
from penwright.author.box import boxed_author
from penwright.author.card import Card
from penwright.author.file.format import SUFFIX, Precision
from penwright.author.file.loading import load_author
from penwright.author.file.naming import author_file_of
from penwright.author.file.saving import save_author
from penwright.errors import UsageError
from penwright.evaluation.texts import TextScore, score_text
from penwright.markup import html_table
from penwright.model.char_model import CharModel
from penwright.writing.options import WriteOptions, new_seed, parse_options, shows_options
from penwright.writing.plain import Bookmark, iter_text, read_text
from penwright.writing.sampling import generator_from
from penwright.writing.stopping import until_end


class Author:
    """A trained model that writes. Load one from a file or a run folder, or wrap a model of your own."""

    model: CharModel
    alphabet: Alphabet
    card: Card

    def __init__(self, model: CharModel, alphabet: Alphabet, card: Card | None = None) -> None:
        """Join a model, its alphabet and its card.

        Args:
            model: Model, used as it is on its device; no copy is made.
            alphabet: Alphabet that the model was trained with.
            card: Card of the author, None for an empty one.

        Raises:
            UsageError: If the alphabet has another number of symbols than the model, or symbols of another unit.
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
        self.model = model
        self.alphabet = alphabet
        self.card = card if card is not None else Card()

    @classmethod
    def load(cls, path: str | Path, *, device: str | torch.device = "cpu") -> "Author":
        """Load an author.

        Args:
            path: An author file, or the folder of a run, which means the best author of that run.
            device: Device to compute on, such as "cpu" or "cuda". It need not be the one used for training.

        Raises:
            AuthorError: If there is no author, or the file is damaged, foreign, hostile or of a newer version.
            UsageError: If there is no such device.
        """
        model, alphabet, card = load_author(author_file_of(Path(path)))
        try:
            if torch.device(device).type == "meta":
                raise RuntimeError("it holds no values")
            model = model.to(device)
        except (RuntimeError, AssertionError) as error:  # torch was built without it, or the machine lacks it
            raise UsageError(
                f"the device '{device}' cannot be used here. Use 'cpu' or one that torch finds."
            ) from error
        return cls(model, alphabet, card)

    @classmethod
    def from_box(cls, *, device: str | torch.device = "cpu") -> "Author":
        """Load the author that comes with the package.

        Args:
            device: As for `load`.

        Raises:
            AuthorError: If this installation has none.
            UsageError: If there is no such device.
        """
        return cls.load(boxed_author(), device=device)

    @classmethod
    def pretrained(cls, *, device: str | torch.device = "cpu") -> "Author":
        """Load the author that comes with the package; another name of `from_box`."""
        return cls.from_box(device=device)

    def save(self, path: str | Path, *, precision: Precision = "float32") -> None:
        """Save the author as one file that `load` opens. The file is written whole or not at all.

        Args:
            path: Name that ends in .safetensors, in a folder that exists. A file of that name is replaced.
            precision: Type of the weights in the file. "float16" halves the size and rounds to about one part in two
                thousand. The author computes in float32 either way.

        Raises:
            UsageError: If the name ends otherwise, or there is no such precision.
            AuthorError: If it cannot be written, or a weight is not finite.
        """
        path = Path(path)
        if path.suffix != SUFFIX:
            raise UsageError(f"an author's file ends in {SUFFIX}, but '{path.name}' does not. Add the ending.")
        if precision not in get_args(Precision):
            raise UsageError(f"there is no precision '{precision}'. Give {' or '.join(get_args(Precision))}.")
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

    def read(self, text: str, *, after: Bookmark | None = None) -> Bookmark:
        """Read a text of any length.

        Args:
            text: Any text. A book of 10 million characters takes no more memory than a page.
            after: Bookmark to read on from, or None to open a new book.

        Returns:
            Bookmark at the end of the text.
        """
        return read_text(self.model, self.alphabet, text, after=after)

    @shows_options
    def write(self, prompt: str = "", *, after: Bookmark | None = None, **options: Unpack[WriteOptions]) -> str:
        """Write a text that ends: `stream`, joined. The arguments are the same, but a limit must be given.

        Args:
            prompt: Text read first and not repeated.
            after: Bookmark to read the prompt from, or None to open a new book.
            **options: At least one of max_chars, max_words, max_paragraphs and until, and any others.

        Returns:
            The text written, without the prompt.

        Raises:
            UsageError: If no limit is given, an option does not exist, or a value is out of bounds.
            AuthorError: If the author's predictions are not numbers.
        """
        if parse_options(options).ending.is_endless:
            raise UsageError(
                "write needs to know where to end: give max_chars, max_words, max_paragraphs or until, "
                "or take an endless text from stream."
            )
        return "".join(self.stream(prompt, after=after, **options))

    @shows_options
    def stream(
        self, prompt: str = "", *, after: Bookmark | None = None, **options: Unpack[WriteOptions]
    ) -> Iterator[str]:
        """Write character by character, for ever if no limit is given. The first limit that holds ends the text.

        Args:
            prompt: Text read first and not repeated.
            after: Bookmark to read the prompt from, or None to open a new book.
            **options: Any of the options below. To know the seed of a text, draw it with `writing.options.new_seed`.

        Returns:
            Strings, about one for each character. The prompt is read when the first is asked for.

        Raises:
            UsageError: At once, if an option does not exist or a value is out of bounds.
        """
        ending, sampling, seed = parse_options(options)
        generator = generator_from(new_seed() if seed is None else seed)
        text = iter_text(self.model, self.alphabet, prompt, sampling=sampling, generator=generator, after=after)
        return until_end(text, ending=ending)

    def score(self, text: str) -> TextScore:
        """Score how well the author predicts a text, in bits per character, paragraph by paragraph."""
        return score_text(self.model, self.alphabet, text)

    def _repr_html_(self) -> str:
        """Return the author as a notebook shows it."""
        config = self.model.config
        size = f"{config.cell}, {config.num_layers} x {config.hidden_size}, {self.model.num_parameters:,} parameters"
        facts = [("network", size), ("alphabet", f"{self.alphabet.kind}, {self.alphabet.vocab_size:,} symbols")]
        return html_table(f"Author: {self.card.name or 'unnamed'}", [*facts, *self.card.facts()])

    def __repr__(self) -> str:
        return f"Author({self.card.name or 'unnamed'}, {self.model.num_parameters:,} parameters, {self.alphabet!r})"
