"""Begin a training from an author: its weights, its alphabet and its tables go on, and the new shelf is added to them.

The alphabet is the author's with the new characters of the shelf behind it. An alphabet that cannot grow stays as it
is, and spells them. The tables of each fold of the new shelf are joined to the author's; a fold's own text is in
neither, unless the author has read it before.

This module knows nothing of files.
"""

from typing import Any, NamedTuple

import numpy as np
import torch

from penwright.alphabet.characters import Alphabet
from penwright.author.card import Card, CardBook
from penwright.corpus.store import Corpus
from penwright.errors import ConfigError
from penwright.model.char_model import CharModel
from penwright.model.config import MAX_NGRAM_ENTRIES, MAX_NGRAM_SYMBOLS, ModelConfig
from penwright.model.growing import grown
from penwright.ngrams.joining import with_symbols
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import NgramTables, empty_tables
from penwright.training.settings.config import OF_THE_BOOKS, TrainConfig
from penwright.training.settings.presets import PRESETS
from penwright.training.settings.resolve import Resolved

MAX_EARLIER_BOOKS = 10_000
"""Largest number of earlier books that a card lists beside those of the new shelf."""
FREE_SETTINGS = ("dropout", "ngram_entries")
"""Settings of the section [model] that do not change the network's weights."""
RATE_FACTOR = 0.05
"""Factor on the preset's learning rate: the one at which its schedule ends. With the author in the box on four novels,
1.5515 bits per character became 1.5414 after 150 updates, and 1.5419 at 0.1. At 0.5, 300 updates made it 1.5661
(2026-11)."""
BATCH_SIZE = TrainConfig().batch_size
"""Number of lanes, unless the preset or the user has chosen another."""


class StartAuthor(NamedTuple):
    """An author that a training begins from."""

    model: CharModel
    alphabet: Alphabet
    card: Card

    @property
    def tables(self) -> NgramTables | None:
        """Its n-gram tables, if it has any."""
        return self.model.tables

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels."""
        return tuple(label.name for label in self.card.labels)

    @property
    def preset(self) -> str | None:
        """The preset it was raised with, if there is such a one."""
        return self.card.preset if self.card.preset in PRESETS else None

    def settings(self, preset: str) -> dict[str, dict[str, Any]]:
        """Return tables of settings to lay over a preset: the author's network, room for n-grams, and a lower rate."""
        model = {key: value for key, value in self.model.config.to_dict().items() if key not in OF_THE_BOOKS}
        if self.tables is not None:
            room = len(self.tables.symbols) + PRESETS["default"].tables["model"]["ngram_entries"]
            model["ngram_entries"] = min(room, MAX_NGRAM_ENTRIES)
        train = PRESETS[preset].tables.get("train", {}) if preset in PRESETS else {}
        rate = train.get("learning_rate", TrainConfig().learning_rate) * RATE_FACTOR
        return {"model": model, "train": {"learning_rate": rate, "batch_size": train.get("batch_size", BATCH_SIZE)}}

    def check(self, resolved: Resolved, *, names_preset: bool) -> None:
        """Refuse a configuration that chooses what is the author's to decide.

        Args:
            resolved: The configuration.
            names_preset: True if the user named its preset.

        Raises:
            ConfigError: If the network or the unit is another, or there is no room for the author's n-grams.
        """
        config, own = resolved.config, self.model.config.to_dict()
        cell = PRESETS[config.preset].tables.get("model", {}).get("cell", own["cell"])
        if names_preset and config.preset != self.preset and cell != own["cell"]:
            raise ConfigError(
                f"the preset {config.preset} has a network of the kind {cell}, and the author one of the kind "
                f"{own['cell']}, which goes on. Leave the preset out, or begin from nothing."
            )
        for key, value in config.model.items():
            if key not in FREE_SETTINGS and value != own[key]:
                raise ConfigError(
                    f"model.{key} cannot be chosen for a training that begins from an author, since its network goes "
                    "on. Leave it out, or begin from nothing."
                )
        num_known = 0 if self.tables is None else len(self.tables.symbols)
        if (room := config.model.get("ngram_entries", num_known)) < num_known:
            raise ConfigError(
                f"model.ngram_entries={room:,} has no room for the {num_known:,} successors that the author has in its "
                "n-grams, which go on. Give more than these, or leave it out."
            )
        is_chosen = resolved.origins.get("corpus.unit", "preset ").partition(" ")[0] != "preset"
        if is_chosen and config.corpus.unit != self.alphabet.unit:
            raise ConfigError(
                f"the author reads and writes {self.alphabet.unit}, so it cannot go on with {config.corpus.unit}. "
                "Leave the unit out, or begin from nothing."
            )

    def alphabet_for(self, corpus: Corpus) -> Alphabet:
        """Return the author's alphabet with the characters behind it that the training books add, most frequent first.

        The alphabet of a model without embedding stays, and so does any but a learnt one.
        """
        config = self.model.config
        if self.alphabet.kind != "learnt" or not config.embedding_dim:
            return self.alphabet
        characters = corpus.alphabet.of_characters
        counts = np.zeros(characters.vocab_size, dtype=np.int64)
        for book in corpus.books_in("train"):
            counts += np.bincount(corpus.alphabet.spell(corpus.book_ids(book)), minlength=len(counts))
        new = [
            characters.texts[symbol]
            for symbol in np.argsort(-counts, kind="stable").tolist()
            if counts[symbol] and characters.texts[symbol] and characters.texts[symbol] not in self.alphabet
        ]
        room = (MAX_NGRAM_SYMBOLS if config.has_ngrams else config.vocab_size + len(new)) - config.vocab_size
        return Alphabet(self.alphabet.characters + "".join(new[:room])) if new[:room] else self.alphabet

    def model_for(self, config: ModelConfig, *, alphabet: Alphabet, seed: int) -> CharModel:
        """Return a model that predicts what the author's does, with its tables, in a larger alphabet.

        Args:
            config: Configuration of the run.
            alphabet: The alphabet from `alphabet_for`.
            seed: Seed of the weights of new characters.
        """
        model = grown(
            self.model,
            vocab_size=config.vocab_size,
            ngram_entries=config.ngram_entries,
            num_labels=config.num_labels,
            generator=torch.Generator().manual_seed(seed),
        )
        if model.context_models is not None:
            tables = empty_tables(config.vocab_size) if self.tables is None else self.tables
            known = with_symbols(tables, num_symbols=config.vocab_size)
            model.context_models.use(known, torch.from_numpy(marks_of(alphabet)))
        return model

    def books_beside(self, corpus: Corpus) -> tuple[CardBook, ...]:
        """Return the books on the author's card that are not in a corpus; none if there are very many."""
        there = {book.sha256 for book in corpus.books}
        books = tuple(book for book in self.card.books if book.sha256 not in there)
        return books if len(books) <= MAX_EARLIER_BOOKS else ()

    def num_known(self, corpus: Corpus) -> int:
        """Return the number of books of a corpus that the author has learned from."""
        learned = {book.sha256 for book in self.card.books if book.split == "train"}
        return sum(book.sha256 in learned and not book.first_char for book in corpus.books)  # a passage is no book
