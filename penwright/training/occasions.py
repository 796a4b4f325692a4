"""When a training looks up from its books: to say how it goes, to read held-out books, to write a sample, to save."""

from typing import NamedTuple

from penwright.training.cadence import ByClock, Cadence, EverySteps
from penwright.training.config import RunConfig

PROGRESS_SECONDS = 1.0
EVALUATION_SECONDS = 5.0
EVALUATION_SHARE = 0.05
EVALUATIONS = 120
"""Of a run of some seconds, at most. Patience, which counts readings without gain, lasts a tenth of any such run then:
a long run reads each fold for minutes, and the tables of one may predict held-out books worse than those of another."""
SAMPLE_SECONDS = 3.0
SAMPLE_GROWTH = 0.2


class Occasions(NamedTuple):
    """One cadence for each."""

    progress: Cadence
    evaluation: Cadence
    sample: Cadence
    save: Cadence


def occasions_of(config: RunConfig, *, elapsed_seconds: float) -> Occasions:
    """Return the cadences of a run, as if everything had just been done.

    Args:
        config: How the run goes: what it counts in steps, and what is left to the clock.
        elapsed_seconds: Where it stands.
    """
    train, diary = config.train, config.diary
    between_evaluations = max(EVALUATION_SECONDS, (train.seconds or 0.0) / EVALUATIONS)
    occasions = Occasions(
        EverySteps(train.progress_every, first=False) if train.progress_every else ByClock(PROGRESS_SECONDS),
        EverySteps(train.val_every) if train.val_every else ByClock(between_evaluations, share=EVALUATION_SHARE),
        EverySteps(diary.every) if diary.every else ByClock(SAMPLE_SECONDS, growth=SAMPLE_GROWTH),
        ByClock(train.save_seconds or float("inf")),
    )
    for occasion in occasions:
        occasion.done(elapsed_seconds)
    return occasions
