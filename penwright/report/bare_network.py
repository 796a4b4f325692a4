"""Train a small network without n-grams and matches, and let it write now and then: what a network learns from nothing.

The default author begins with tables of what followed what, so its diary holds words from the first step on. This
network shows the way there. It has the run's recurrence and training settings, but a fixed small size, and a number of
steps that two processor cores make in some fifteen seconds.

This module knows nothing of runs or pages.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from penwright.corpus.store import Corpus
from penwright.training.diary import diary_page
from penwright.training.distributed import World
from penwright.training.optim.schedule import learning_rate
from penwright.training.planning.sizes import LADDER
from penwright.training.records import AnyRecord, Evaluation, Sample
from penwright.training.session import Session
from penwright.training.settings.config import RunConfig
from penwright.training.start import resolve_auto
from penwright.training.validation import validate

MAX_STEPS = 500
MAX_SECONDS = 30.0
"""Time after which it ends on a slow machine, however many steps are left."""
LANES, SEQ_LEN = 16, 128
SYMBOLS_PER_STEP = LANES * SEQ_LEN
VAL_CHARS = 20_000
"""Number of held-out characters read beside each sample."""
_PAGES_AT = (0, 25, 60, 130, 260)
"""Steps after which it writes, beside the last: from noise over letters to words."""


def bare_config(config: RunConfig, *, num_steps: int) -> RunConfig:
    """Return the configuration of the bare network beside a run.

    Args:
        config: Configuration of the run.
        num_steps: Number of updates, from 1.
    """
    model = {**config.model, **LADDER[0].settings, "ngram_entries": 0, "match_slots": 0}
    train = replace(config.train, steps=num_steps, seconds=None, epochs=None)
    train = replace(train, batch_size=LANES, seq_len=SEQ_LEN, val_chars=VAL_CHARS)
    train = replace(train, device="cpu", precision="auto", threads=0)
    return replace(config, model=model, train=train)


def raise_bare_network(
    corpus: Corpus,
    config: RunConfig,
    *,
    tell: Callable[[str], None] = lambda doing: None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[AnyRecord, ...]:
    """Train the network, and return its samples and its scores on held-out books.

    Args:
        corpus: The books.
        config: Configuration from `bare_config`.
        tell: Called with what is being done, some twenty times.
        clock: Seconds that only go forward.

    Returns:
        For each sample an `Evaluation` before it, if there are held-out books, and the `Sample`.

    Raises:
        CorpusError: If the books cannot fill one window of every lane.
    """
    config = resolve_auto(config)
    session = Session(corpus, config, device=torch.device(config.train.device), world=World())
    num_steps, began = config.train.steps or 1, clock()
    due = {step for step in _PAGES_AT if step < 0.8 * num_steps}
    records: list[AnyRecord] = []
    for step in range(num_steps + 1):
        elapsed = clock() - began
        is_last = step == num_steps or elapsed > MAX_SECONDS
        if step % max(1, num_steps // 20) == 0:
            tell(f"Training a network without n-grams, {100 * step // num_steps} % done")
        if step in due or is_last:
            session.counters = replace(session.counters, elapsed_seconds=elapsed)
            records += _page(session)
        if is_last:
            break
        rate = learning_rate(config.train, step=step + 1, fraction_done=session.fraction_done)
        session.update(session.forward_backward(), learning_rate=rate)
    return tuple(records)


def _page(session: Session) -> list[AnyRecord]:
    """Return the network's score, if there are held-out books, and a page by it."""
    scores = validate(session)
    sample = Sample(**session.when(), prompt=session.config.diary.prompt, text=diary_page(session))
    if scores is None:
        return [sample]
    return [Evaluation(**session.when(), **scores._asdict(), is_best=False), sample]
