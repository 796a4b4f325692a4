"""Cadences of progress records, evaluations, samples and checkpoints: by steps, or by the clock; and of counting."""

from typing import NamedTuple, Protocol

from penwright.training.settings.config import RunConfig

PROGRESS_SECONDS = 1.0
EVALUATION_SECONDS = 5.0
EVALUATION_SHARE = 0.05
EVALUATIONS = 120
"""Largest number of evaluations in a run limited by seconds. Patience, which counts evaluations without gain, then
lasts a tenth of any such run. A long run reads each fold for minutes, and the tables of one fold may predict held-out
books worse than those of another."""
SAMPLE_SECONDS = 3.0
SAMPLE_GROWTH = 0.2
SAMPLE_SHARE = 0.1
WORTH_COUNTING = 4.0
"""Smallest ratio of the time left to the time for counting at which another fold is begun. With less time left, the
previous fold is read again: a second reading teaches 97 % of what the first did (Muennighoff et al. 2023, "Scaling
Data-Constrained Language Models", eq. 5)."""


class Cadence(Protocol):
    """Decides when something is due."""

    def is_due(self, step: int, elapsed_seconds: float) -> bool:
        """Return True if it is due after update number `step`, from 1."""

    def done(self, elapsed_seconds: float, *, took_seconds: float = 0.0) -> None:
        """Record that it has happened, and how long it took."""


class EverySteps:
    """Due every `every` steps, beginning with the first or with the `every`-th."""

    def __init__(self, every: int, *, first: bool = True) -> None:
        """Args:
        every: Number of steps between two occasions, from 1.
        first: If True, the first step is an occasion.
        """
        self._every = every
        self._remainder = 1 % every if first else 0

    def is_due(self, step: int, elapsed_seconds: float) -> bool:
        """Return True if it is due after update number `step`, from 1."""
        return step % self._every == self._remainder

    def done(self, elapsed_seconds: float, *, took_seconds: float = 0.0) -> None:
        """Do nothing: steps need no memory."""


class ByClock:
    """Due when enough time has passed.

    A share bounds the cost: with 0.05, an occasion that took two seconds makes the next one due after forty.
    """

    def __init__(self, seconds: float, *, share: float = 1.0, growth: float = 0.0) -> None:
        """Args:
        seconds: Shortest time between two occasions.
        share: Largest share of the time that they may take, above 0.
        growth: Shortest wait as a share of all time so far, so that occasions grow rarer.
        """
        self._seconds = seconds
        self._share = share
        self._growth = growth
        self._next = 0.0

    def is_due(self, step: int, elapsed_seconds: float) -> bool:
        """Return True if enough time has passed."""
        return elapsed_seconds >= self._next

    def done(self, elapsed_seconds: float, *, took_seconds: float = 0.0) -> None:
        """Record that it has happened, and how long it took."""
        self._next = elapsed_seconds + max(self._seconds, took_seconds / self._share, self._growth * elapsed_seconds)


class Cadences(NamedTuple):
    """Cadences of one run."""

    progress: Cadence
    evaluation: Cadence
    sample: Cadence
    save: Cadence


def cadences_of(config: RunConfig, *, elapsed_seconds: float) -> Cadences:
    """Return the cadences of a run, as if everything had just been done.

    Args:
        config: Configuration of the run: whatever it does not count in steps follows the clock.
        elapsed_seconds: Training time so far.
    """
    train, diary = config.train, config.diary
    between_evaluations = max(EVALUATION_SECONDS, (train.seconds or 0.0) / EVALUATIONS)
    cadences = Cadences(
        EverySteps(train.progress_every, first=False) if train.progress_every else ByClock(PROGRESS_SECONDS),
        EverySteps(train.val_every) if train.val_every else ByClock(between_evaluations, share=EVALUATION_SHARE),
        EverySteps(diary.every) if diary.every else ByClock(SAMPLE_SECONDS, share=SAMPLE_SHARE, growth=SAMPLE_GROWTH),
        ByClock(train.save_seconds or float("inf")),
    )
    for cadence in cadences:
        cadence.done(elapsed_seconds)
    return cadences


def is_worth_counting(*, counting_seconds: float, seconds_left: float) -> bool:
    """Return True if there is time to count and read another fold, False if the last one should be read again.

    Args:
        counting_seconds: Time to count a fold; 0 if it is not known yet.
        seconds_left: Time until the training ends.
    """
    return seconds_left >= WORTH_COUNTING * counting_seconds
