"""One process's working set of a training: model, optimizers, lanes and counters, and the update that moves them on.

A session can be captured as a `TrainingState` at any moment between two updates and restored from one; nothing else
influences what comes next. It knows nothing of files, clocks or records.

Shapes: B = lanes of this process, T = symbols per window, V = symbols of the alphabet.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.errors import CheckpointError
from penwright.model.char_model import (
    CharModel,
    ModelState,
    all_lanes,
    some_lanes,
    state_from_tensors,
    state_to_tensors,
)
from penwright.model.float32 import faster_float32
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.letters import letters_of
from penwright.ngrams.tables import empty_tables
from penwright.training.batches import Batch, Lanes
from penwright.training.distributed import World, average_gradients, gather
from penwright.training.folds import CountedShelf, Piece
from penwright.training.gradients import learn_gradients
from penwright.training.optim.optimizers import (
    clip_gradients,
    make_optimizers,
    optimizer_tensors,
    restore_optimizers,
    set_learning_rate,
)
from penwright.training.optim.schedule import fraction_done
from penwright.training.settings.config import RunConfig
from penwright.training.state import Counters, TrainingState
from penwright.training.threads import divided

AVERAGE_DECAY = 0.98  # the loss average remembers about fifty steps


class Reading(NamedTuple):
    """What one window taught, before the update is made."""

    loss: float
    """Mean over all lanes of all processes, nats per symbol."""
    accuracy: float
    """Share of symbols predicted right, 0 to 1."""
    gradient_norm: float
    """Global norm before clipping; not finite when the loss is not."""
    epoch: int
    window: int
    batch: Batch
    """This process's lanes."""
    lane_losses: Tensor
    """float32 (B,), nats per symbol."""
    predictions: Tensor
    """int64 (B, T), the most probable symbols."""


class Session:
    """The working set. Make one, `restore` it if a run goes on, then `read` and `learn` in turn."""

    def __init__(
        self,
        corpus: Corpus,
        config: RunConfig,
        *,
        device: torch.device,
        world: World,
        counted: CountedShelf | None = None,
        model: CharModel | None = None,
    ) -> None:
        """Build everything from the seed.

        Args:
            corpus: The books.
            config: How the run goes.
            device: Where to compute.
            world: The processes that train together.
            counted: The folds and their tables, if others share them; None makes them.
            model: What learns, if it is not what the configuration alone describes; None makes that.

        Raises:
            CorpusError: If no book is left to train on, or they cannot fill one window of every lane.
            ConfigError: If the processes cannot share the lanes evenly.
        """
        self.config = config
        self.corpus = corpus
        self.world = world
        self.device = device
        train = config.train
        books = corpus.books_in("train")
        model_config = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
        if counted is None and model_config.has_counts:
            counted = CountedShelf(
                corpus,
                kinds=kinds_of(model_config.unit),
                max_entries=model_config.count_entries,
                min_ids=train.batch_size * train.seq_len + 1,
                seed=train.seed,
                num_threads=max(1, train.threads),
                max_symbols=train.ngram_symbols,
            )
        self.counted = counted
        pieces = [Piece(number, 0, book.num_ids) for number, book in enumerate(books)]
        self._pieces = pieces if self.counted is None else self.counted.pieces
        self.lanes = Lanes(
            [corpus.book_ids(books[piece.book])[piece.start : piece.stop] for piece in self._pieces],
            batch_size=train.batch_size,
            seq_len=train.seq_len,
            order=train.order,
            seed=train.seed,
            resets_at_books=train.reset_at_books,
            folds=() if self.counted is None else self.counted.folds,
        )
        self._rows = world.lanes(train.batch_size)
        if model is None:
            model = CharModel(model_config, generator=torch.Generator().manual_seed(train.seed))
        self.model = model.to(device)
        self._letters = torch.from_numpy(letters_of(corpus.alphabet))
        self._fold: int | None = None
        if self.model.evidence is not None:
            self.model.evidence.use(empty_tables(corpus.alphabet.vocab_size), self._letters)
        self.parameters = list(self.model.parameters())
        self.optimizers = make_optimizers(self.model, train)
        self._generator = torch.Generator(device=device).manual_seed(train.seed + 1 + world.rank)
        num_lanes = len(range(train.batch_size)[self._rows])
        is_divided = device.type == "cpu" and self.model.config.dropout == 0
        self._groups = divided(num_lanes, seq_len=train.seq_len) if is_divided else [slice(0, num_lanes)]
        self._recurrent = self._in_groups(self.model.initial_state(num_lanes))
        self.counters = Counters()
        self.symbols_per_char = corpus.symbols_per_char

    def when(self) -> dict[str, Any]:
        """Return the fields that every record carries."""
        counters = self.counters
        return {
            "step": counters.step,
            "chars_read": counters.chars_read,
            "elapsed_seconds": round(counters.elapsed_seconds, 3),
        }

    @property
    def fraction_done(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return fraction_done(self.config.train, self.counters, windows_per_epoch=self.lanes.windows_per_epoch)

    def book_at(self, epoch: int, window: int, row: int) -> Book:
        """Return the book in which a row's window begins."""
        piece = self._pieces[self.lanes.book_at(epoch, window, row)]
        return self.corpus.books_in("train")[piece.book]

    def _in_groups(self, state: ModelState) -> list[ModelState]:
        return [some_lanes(state, lanes) for lanes in self._groups]

    def _consult(self, fold: int | None) -> None:
        """Give the model the tables that belong to a fold: what was counted outside it. None is before the first."""
        if self.model.evidence is None or fold == self._fold:
            return
        if fold is None or self.counted is None:
            tables = empty_tables(self.corpus.alphabet.vocab_size)
        else:
            tables = self.counted.tables(fold)
        self.model.evidence.use(tables, self._letters)
        self._fold = fold

    def _fold_read(self) -> int | None:
        """Return the fold of the window that was read last, None before the first: its tables belong to this state."""
        epoch, window = self.counters.epoch, self.counters.window
        if epoch == 1 and window == 0:
            return None
        return self.lanes.fold_at((window or self.lanes.windows_per_epoch) - 1)

    @property
    def counts_next(self) -> bool:
        """Whether tables must be counted before the next window can be read, which takes a while."""
        return self.counted is not None and not self.counted.has_counted(self.lanes.fold_at(self.counters.window))

    def read_fold_again(self) -> None:
        """Go back to the first window of the fold that was read last. No step is undone."""
        epoch, window = self.counters.epoch, self.counters.window
        if window == 0:
            epoch, window = epoch - 1, self.lanes.windows_per_epoch
        fold = self.lanes.fold_at(window - 1)
        while window > 0 and self.lanes.fold_at(window - 1) == fold:
            window -= 1
        self.counters = replace(self.counters, epoch=epoch, window=window)

    @faster_float32()
    def read(self) -> Reading:
        """Read the next window of every lane: outputs, loss and averaged gradients. Nothing has been learned yet.

        The lanes' memory is used up by it, so `learn` must follow, or `restore`.
        """
        epoch, window = self.counters.epoch, self.counters.window
        self._consult(self.lanes.fold_at(window))
        batch = self.lanes.batch(epoch, window, lanes=self._rows)
        lesson = learn_gradients(
            self.model,
            batch,
            self._recurrent,
            self._groups,
            precision=self.config.train.precision,
            dropout_generator=self._generator if self.model.config.dropout > 0 else None,
        )
        self._next_recurrent = lesson.states
        losses, predictions = lesson.losses.cpu(), lesson.predictions.cpu()  # (B, T)
        facts = torch.tensor([losses.mean().item(), (predictions == batch.targets).float().mean().item()])
        loss_sum, accuracy_sum = average_gradients(self.parameters, facts, world=self.world).tolist()
        return Reading(
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
    def learn(self, reading: Reading, *, learning_rate: float) -> None:
        """Make the update that a reading asks for, and move on to the next window."""
        rate = learning_rate * self.counters.learning_rate_scale
        set_learning_rate(self.optimizers, rate, config=self.config.train)
        for optimizer in self.optimizers:
            optimizer.step()
        self._recurrent = self._next_recurrent
        last = reading.window + 1 == self.lanes.windows_per_epoch
        average = self.counters.loss_average
        num_symbols = self.config.train.batch_size * self.config.train.seq_len
        self.counters = replace(
            self.counters,
            step=self.counters.step + 1,
            epoch=reading.epoch + last,
            window=0 if last else reading.window + 1,
            chars_read=self.counters.chars_read + round(num_symbols / self.symbols_per_char),
            loss_average=reading.loss
            if average is None
            else AVERAGE_DECAY * average + (1 - AVERAGE_DECAY) * reading.loss,
        )

    def capture(self) -> TrainingState:
        """Return a copy of everything that later updates depend on. Every process must call it; all get the same."""

        def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}

        lanes = state_to_tensors(all_lanes(self._recurrent), "lanes")
        return TrainingState(
            counters=self.counters,
            weights=copied(dict(self.model.named_parameters())),
            moments=copied(optimizer_tensors(self.model, self.optimizers)),
            lanes=copied({name: gather(tensor, world=self.world) for name, tensor in lanes.items()}),
            random={"dropout": gather(self._generator.get_state()[None], world=self.world).clone()},
        )

    def restore(self, state: TrainingState) -> None:
        """Go back, or on, to a captured state.

        Raises:
            CheckpointError: If the state belongs to another model, another number of lanes or of processes.
        """
        parameters = dict(self.model.named_parameters())
        if set(state.weights) != set(parameters):
            odd = sorted(set(parameters).symmetric_difference(state.weights))[0]
            raise CheckpointError(
                f"the checkpoint's weights belong to another model: '{odd}' is missing or unexpected."
            )
        with torch.no_grad():
            for name, parameter in parameters.items():
                if state.weights[name].shape != parameter.shape:
                    raise CheckpointError(f"the checkpoint's '{name}' has another shape than this run's model.")
                parameter.copy_(state.weights[name])
        restore_optimizers(self.model, self.optimizers, state.moments)
        mine = {name: tensor[self._rows].to(self.device, copy=True) for name, tensor in state.lanes.items()}
        self._recurrent = self._in_groups(state_from_tensors(self.model, mine, "lanes"))
        generators = state.random.get("dropout")
        if generators is None or (len(generators) != self.world.size and self.model.config.dropout > 0):
            found = 0 if generators is None else len(generators)
            raise CheckpointError(
                f"the checkpoint holds the random state of {found} process(es), but {self.world.size} take part. "
                "Resume with as many as the run began with."
            )
        if self.world.rank < len(generators):
            self._generator.set_state(generators[self.world.rank].clone())
        self.counters = state.counters
        self._consult(self._fold_read())
