"""The working set of one process: model, optimizers, lanes and counters, and the update that moves them on.

A session can be captured as a `TrainingState` between any two updates, and restored from one. Nothing else influences
what comes next. This module knows nothing of files, clocks or records.

Shapes: B = lanes of this process, T = symbols per window, V = symbols of the alphabet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.model.char_model import (
    CharModel,
    ModelState,
    all_lanes,
    some_lanes,
    state_from_tensors,
    state_to_tensors,
)
from penwright.model.float32 import faster_float32
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import empty_tables
from penwright.training.batches import Batch, Lanes
from penwright.training.distributed import World, average_gradients, gather, restore_generator
from penwright.training.folds import CrossFittedTables, ids_of, whole_books
from penwright.training.from_author import StartAuthor
from penwright.training.gradients import forward_backward
from penwright.training.labels import labels_of
from penwright.training.optim.optimizers import (
    clip_gradients,
    make_optimizers,
    optimizer_tensors,
    restore_optimizers,
    set_learning_rate,
)
from penwright.training.optim.schedule import fraction_done
from penwright.training.settings.config import RunConfig
from penwright.training.state import Counters, TrainingState, restore_weights
from penwright.training.threads import divided

AVERAGE_DECAY = 0.98
"""Decay of the running average of the loss, which remembers about fifty steps."""


class WindowResult(NamedTuple):
    """Loss and predictions of one window before its update. The gradients are in the parameters' `grad`."""

    loss: float
    """Mean over all lanes of all processes, nats per symbol."""
    accuracy: float
    """Share of symbols predicted right, 0 to 1."""
    gradient_norm: float
    """Global norm before clipping; not finite when the loss is not."""
    epoch: int
    window: int
    batch: Batch
    """Inputs and targets of this process's lanes."""
    lane_losses: Tensor
    """float32 (B,), nats per symbol."""
    predictions: Tensor
    """int64 (B, T), the most probable symbols."""


class Session:
    """The working set. Make one, `restore` it to resume a run, then call `forward_backward` and `update` in turn."""

    def __init__(
        self,
        corpus: Corpus,
        config: RunConfig,
        *,
        device: torch.device,
        world: World,
        ngrams: CrossFittedTables | None = None,
        model: CharModel | None = None,
        start: StartAuthor | None = None,
    ) -> None:
        """Build everything from the seed.

        Args:
            corpus: The books. If there is a start, they are in the alphabet of `start.alphabet_for`.
            config: Configuration of the run.
            device: Device to compute on.
            world: The processes that train together.
            ngrams: Folds and their tables, if several sessions share them; None makes them if the model needs any.
            model: A model to train in place of the one that the configuration describes.
            start: Author to begin from; None for a new one.

        Raises:
            CorpusError: If no book is left to train on, or they cannot fill one window of every lane.
            ConfigError: If the processes cannot share the lanes evenly.
        """
        train = config.train
        self.labels = labels_of(corpus, train.labels, known=() if start is None else start.labels)
        alphabet, num_labels = corpus.alphabet, len(self.labels.names)
        model_config = config.model_config(vocab_size=alphabet.vocab_size, unit=alphabet.unit, num_labels=num_labels)
        if ngrams is None and model_config.has_ngrams:
            known = None if start is None else start.tables
            ngrams = CrossFittedTables.of_run(corpus, config, known=known, world=world)
        if model is None and start is not None:
            model = start.model_for(model_config, alphabet=alphabet, seed=train.seed)
        if model is None:
            model = CharModel(model_config, generator=torch.Generator().manual_seed(train.seed))
        self.config, self.corpus, self.device, self.world = config, corpus, device, world
        self.symbols_per_char, self.counters = corpus.symbols_per_char, Counters()
        self.start, self.ngrams = start, ngrams
        self._stretches = whole_books(corpus) if ngrams is None else ngrams.stretches
        self.lanes = self._lay_out_lanes()
        self._rows = world.lanes(train.batch_size)
        self.model = model.to(device)
        self.parameters = list(self.model.parameters())
        self.optimizers = make_optimizers(self.model, train)
        self._dropout_generator = torch.Generator(device=device).manual_seed(train.seed + 1 + world.rank)
        self._marks = torch.from_numpy(marks_of(corpus.alphabet))
        self._fold: int | None = -1  # no tables are in use yet
        self._use_tables_of(None)
        self._groups = self._lanes_by_thread()
        self._states = self._in_groups(self.model.initial_state(self._groups[-1].stop))

    def _lay_out_lanes(self) -> Lanes:
        train = self.config.train
        return Lanes(
            ids_of(self.corpus, self._stretches),
            batch_size=train.batch_size,
            seq_len=train.seq_len,
            order=train.order,
            seed=train.seed,
            resets_at_books=train.reset_at_books,
            folds=() if self.ngrams is None else self.ngrams.folds,
            labels=self.labels.of_each(stretch.book for stretch in self._stretches),
        )

    def _lanes_by_thread(self) -> list[slice]:
        """Return the lanes of each thread; all of them where threads do not pay, or would draw dropout in any order."""
        num_lanes = self._rows.stop - self._rows.start
        if self.device.type != "cpu" or self.model.config.dropout > 0:
            return [slice(0, num_lanes)]
        return divided(num_lanes, seq_len=self.config.train.seq_len)

    def _in_groups(self, state: ModelState) -> list[ModelState]:
        return [some_lanes(state, lanes) for lanes in self._groups]

    def when(self) -> dict[str, Any]:
        """Return the fields that every record carries."""
        counters, seconds = self.counters, round(self.counters.elapsed_seconds, 3)
        return {"step": counters.step, "chars_read": counters.chars_read, "elapsed_seconds": seconds}

    @property
    def fraction_done(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return fraction_done(self.config.train, self.counters, windows_per_epoch=self.lanes.windows_per_epoch)

    def book_at(self, epoch: int, window: int, row: int) -> Book:
        """Return the book in which a row's window begins."""
        stretch = self._stretches[self.lanes.book_at(epoch, window, row)]
        return self.corpus.books_in("train")[stretch.book]

    @property
    def must_count_next(self) -> bool:
        """True if tables must be counted, which takes a while, before the next window can be read."""
        return self.ngrams is not None and not self.ngrams.has_tables(self.lanes.fold_at(self.counters.window))

    def repeat_fold(self) -> None:
        """Go back to the first window of the fold that was read last. No step is undone."""
        epoch, window = self._last_window()
        fold = self.lanes.fold_at(window)
        while window > 0 and self.lanes.fold_at(window - 1) == fold:
            window -= 1
        self.counters = replace(self.counters, epoch=epoch, window=window)

    def _last_window(self) -> tuple[int, int]:
        """Return epoch and number of the window that was read last, of which there must be one."""
        epoch, window = self.counters.epoch, self.counters.window
        return (epoch, window - 1) if window else (epoch - 1, self.lanes.windows_per_epoch - 1)

    def _use_tables_of(self, fold: int | None) -> None:
        """Give the model the tables of a fold, counted on the others; the first ones for None."""
        if self.model.context_models is None or fold == self._fold:
            return
        self.release_tables()  # the last ones make room for counting
        if self.ngrams is not None:
            self.model.context_models.use(self.ngrams.tables(fold), self._marks)
        self._fold = fold

    def release_tables(self) -> None:
        """Empty the model's tables. The next window counts or finds its own."""
        if self.model.context_models is not None:
            self._fold = -1
            self.model.context_models.use(empty_tables(self.corpus.alphabet.vocab_size), self._marks)

    @contextmanager
    def using_whole_tables(self) -> Iterator[None]:
        """Give the model the tables of the whole shelf meanwhile, if it is small: those of a fold miss an eighth of it.

        So an author is chosen, shown and kept with all that it was given. What it learns does not change.
        """
        context_models, own = self.model.context_models, self.model.tables
        has_tables = self.world.leads and self._fold not in (None, -1)
        whole = self.ngrams.whole_tables() if self.ngrams is not None and has_tables else None
        if context_models is None or own is None or whole is None:
            yield
            return
        context_models.use(whole, self._marks)
        try:
            yield
        finally:
            context_models.use(own, self._marks)

    @faster_float32()
    def forward_backward(self) -> WindowResult:
        """Compute loss and averaged gradients of the next window of every lane. No weight changes yet.

        The lanes' states are overwritten, so `update` or `restore` must follow.
        """
        epoch, window = self.counters.epoch, self.counters.window
        self._use_tables_of(self.lanes.fold_at(window))
        batch = self.lanes.batch(epoch, window, lanes=self._rows)
        outputs = forward_backward(
            self.model,
            batch,
            self._states,
            self._groups,
            precision=self.config.train.precision,
            dropout_generator=self._dropout_generator if self.model.config.dropout > 0 else None,
        )
        self._next_states = outputs.states
        losses, predictions = outputs.losses.cpu(), outputs.predictions.cpu()  # (B, T)
        means = torch.tensor([losses.mean().item(), (predictions == batch.targets).float().mean().item()])
        loss_sum, accuracy_sum = average_gradients(self.parameters, means, world=self.world).tolist()
        return WindowResult(
            loss=loss_sum / self.world.size,
            accuracy=accuracy_sum / self.world.size,
            gradient_norm=clip_gradients(self.parameters, max_norm=self.config.train.grad_clip),
            epoch=epoch,
            window=window,
            batch=batch,
            lane_losses=losses.mean(dim=1),
            predictions=predictions,
        )

    @faster_float32()
    def update(self, result: WindowResult, *, learning_rate: float) -> None:
        """Update the weights with the gradients of a window, and move on to the next window."""
        rate = learning_rate * self.counters.learning_rate_scale
        set_learning_rate(self.optimizers, rate, config=self.config.train)
        for optimizer in self.optimizers:
            optimizer.step()
        self._states = self._next_states
        is_last = result.window + 1 == self.lanes.windows_per_epoch
        average = self.counters.loss_average
        if average is None:
            average = result.loss
        else:
            average = AVERAGE_DECAY * average + (1 - AVERAGE_DECAY) * result.loss
        num_symbols = self.config.train.batch_size * self.config.train.seq_len
        self.counters = replace(
            self.counters,
            step=self.counters.step + 1,
            epoch=result.epoch + is_last,
            window=0 if is_last else result.window + 1,
            chars_read=self.counters.chars_read + round(num_symbols / self.symbols_per_char),
            loss_average=average,
        )

    def capture(self) -> TrainingState:
        """Return a copy of everything that later updates depend on. Every process must call it; all get the same."""

        def copied(tensors: dict[str, Tensor], *, copies: bool = True) -> dict[str, Tensor]:
            return {name: tensor.detach().to("cpu", copy=copies).contiguous() for name, tensor in tensors.items()}

        lanes = state_to_tensors(all_lanes(self._states), "lanes")  # a copy
        return TrainingState(
            counters=self.counters,
            weights=copied(dict(self.model.named_parameters())),
            optimizer=copied(optimizer_tensors(self.model, self.optimizers)),
            lanes=copied({name: gather(tensor, world=self.world) for name, tensor in lanes.items()}, copies=False),
            random={"dropout": gather(self._dropout_generator.get_state()[None], world=self.world).clone()},
        )

    def restore(self, state: TrainingState) -> None:
        """Replace everything that later updates depend on by a captured state.

        Raises:
            CheckpointError: If the state belongs to another model or another number of lanes.
        """
        restore_weights(dict(self.model.named_parameters()), state.weights)
        restore_optimizers(self.model, self.optimizers, state.optimizer)
        mine = {name: tensor[self._rows].to(self.device, copy=True) for name, tensor in state.lanes.items()}
        self._states = self._in_groups(state_from_tensors(self.model, mine, "lanes"))
        restore_generator(self._dropout_generator, state.random.get("dropout"), world=self.world)
        self.counters = state.counters
        is_new = (state.counters.epoch, state.counters.window) == (1, 0)
        self._use_tables_of(None if is_new else self.lanes.fold_at(self._last_window()[1]))
