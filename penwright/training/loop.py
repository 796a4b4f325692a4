"""The training loop, as a generator of plain records.

The loop decides when to read held-out books, write a sample, save and stop. `session.py` makes the updates, and
`run_writer.py` writes the run folder. Consumers print, draw or collect the records; the loop itself does not.

With several processes, each runs this loop and sees the same records. Rank 0's clock counts for all, and any process
may be asked to stop.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from penwright.training.activity import COUNTING, HELD_OUT, LEARNING, SAVING, WRITING, Activity, Tell, tell_nobody
from penwright.training.cadence import EverySteps, cadences_of, is_worth_counting
from penwright.training.comparison import compare
from penwright.training.diary import diary_page
from penwright.training.distributed import add_up, broadcast
from penwright.training.divergence import RATE_FACTOR, check_rollbacks_left, has_bad_weights, is_diverging
from penwright.training.held_out import evaluation_budget
from penwright.training.optim.schedule import learning_rate
from penwright.training.progress_meter import ProgressMeter
from penwright.training.records import AnyRecord, Evaluation, Finished, RolledBack, Sample, Saved
from penwright.training.run_writer import FinalScores, RunWriter
from penwright.training.session import Session, WindowResult
from penwright.training.validation import validate


class _TimedSave(NamedTuple):
    """A checkpoint that was written."""

    record: Saved
    seconds: float
    """Time that it took, as rank 0 measured it."""


class Loop:
    """One session of a run, from its current counters to its end, or until it is stopped."""

    def __init__(
        self,
        session: Session,
        writer: RunWriter,
        *,
        stop: Callable[[], bool] = lambda: False,
        tell: Tell = tell_nobody,
        clock: Callable[[], float] = time.monotonic,
        began: float | None = None,
        counting_seconds: float = 0.0,
        earlier: Sequence[AnyRecord] = (),
    ) -> None:
        """Prepare to run. Nothing is read yet.

        Args:
            session: The working set, new or restored.
            writer: Writer of the run folder.
            stop: Called before every step; True ends the session.
            tell: Called with what is being done.
            clock: Seconds that only go forward.
            began: Time of the clock when a new run began; None continues from the session's elapsed time.
            counting_seconds: Time that counting the last fold took; 0 if none was counted yet.
            earlier: Records that an earlier session made at the step of a restored one.
        """
        self._session = session
        self._writer = writer
        self._stop = stop
        self._tell = tell
        self._clock = clock
        self._began = clock() - session.counters.elapsed_seconds if began is None else began
        self._due = cadences_of(session.config, elapsed_seconds=session.counters.elapsed_seconds)
        self._meter = ProgressMeter(session)
        # A state becomes the one to roll back to once the next window went well: its last update may have spoilt it.
        self._unproven = session.capture() if self._is_snapshot_due() else None
        self._counting_seconds = counting_seconds  # of the last fold, once there was one
        self._evaluated_at = max((record.step for record in earlier if isinstance(record, Evaluation)), default=None)
        self._sampled_at = max((record.step for record in earlier if isinstance(record, Sample)), default=None)

    def records(self) -> Iterator[AnyRecord]:
        """Train, and yield records as things happen. The last one is a `Finished`.

        Raises:
            RunError: If the loss keeps exploding.
            OSError: If the run folder cannot be written; the last checkpoint stays good.
        """
        for record in self._run():
            self._writer.append(self._session, record)
            yield record

    def _run(self) -> Iterator[AnyRecord]:
        session, train = self._session, self._session.config.train
        if session.counters.step == 0:
            if session.start is not None and self._evaluated_at is None:  # a training never ends worse than it began
                yield from self._evaluate()
            if self._sampled_at is None:
                yield from self._sample()
        while True:
            if self._tick():
                yield self._save("stopped").record
                yield self._finished("stopped", FinalScores())
                return
            fraction = session.fraction_done
            if fraction >= 1.0 and session.counters.step > 0:  # one update is always made: before it nothing is counted
                break
            result = self._forward_backward()
            if is_diverging(result, session.counters, config=train):
                yield self._roll_back(result)
                continue
            if self._unproven is not None:
                self._writer.rollback, self._unproven = self._unproven, None
            rate = learning_rate(train, step=session.counters.step + 1, fraction_done=fraction)
            session.update(result, learning_rate=rate)
            self._meter.add(result)
            yield from self._after_step(result, rate, fraction)
            if train.patience and session.counters.evaluations_without_gain >= train.patience:
                yield from self._end("patience")
                return
        yield from self._end("done")

    def _forward_backward(self) -> WindowResult:
        """Run the next window forward and backward.

        Near the end, no fold is begun that must be counted first. The last one is read again, so that learning goes on
        and the learning rate reaches its end at the deadline.
        """
        session, seconds = self._session, self._session.config.train.seconds
        if session.must_count_next and seconds is not None:
            left = seconds - session.counters.elapsed_seconds
            if not is_worth_counting(counting_seconds=self._counting_seconds, seconds_left=left):
                session.repeat_fold()
        counted, began = session.must_count_next, self._clock()
        self._tell(COUNTING if counted else LEARNING)
        result = session.forward_backward()
        if counted:
            self._counting_seconds = self._took_since(began)
            self._meter.pause(self._counting_seconds)
        return result

    def _took_since(self, began: float) -> float:
        """Return the seconds since `began`, as rank 0 measured them."""
        (seconds,) = broadcast([self._clock() - began], world=self._session.world)
        return seconds

    def _tick(self) -> bool:
        """Update the elapsed time, as rank 0 has it, and return True if any process was asked to stop."""
        session = self._session
        passed = self._clock() - self._began if session.world.leads else 0.0
        elapsed, stop = add_up([passed, float(self._stop())], world=session.world)
        session.counters = replace(session.counters, elapsed_seconds=elapsed)
        self._meter.tick()
        if self._meter.num_updates <= 2:  # the first one counts and compiles; held-out books are no use right after it
            self._due.evaluation.done(elapsed)
        return bool(stop)

    def _after_step(self, result: WindowResult, rate: float, fraction: float) -> Iterator[AnyRecord]:
        """Yield whatever is due after an update."""
        session, train = self._session, self._session.config.train
        step, elapsed = session.counters.step, session.counters.elapsed_seconds
        if train.compare_every and EverySteps(train.compare_every).is_due(step, elapsed):
            yield compare(session, result)
        if self._due.progress.is_due(step, elapsed):
            self._due.progress.done(elapsed)
            scale = session.counters.learning_rate_scale
            yield self._meter.record(result, learning_rate=rate * scale, fraction_done=fraction)
        if self._due.evaluation.is_due(step, elapsed):
            yield from self._evaluate()
        if session.config.diary.max_chars and self._due.sample.is_due(step, elapsed):
            yield from self._sample()
        if self._is_snapshot_due():
            self._unproven = session.capture()
        if train.save_every and step % train.save_every == 0:
            yield self._save("step").record
        if self._due.save.is_due(step, elapsed):
            saved = self._save("time")
            yield saved.record
            self._due.save.done(elapsed + saved.seconds, took_seconds=saved.seconds)

    def _save(self, reason: str) -> "_TimedSave":
        """Write a checkpoint. The time for it is no time of learning."""
        began = self._clock()
        self._tell(SAVING)
        record = self._writer.save(self._session, reason=reason)
        took = self._took_since(began)
        self._meter.pause(took)
        return _TimedSave(record, took)

    def _is_snapshot_due(self) -> bool:
        step = self._session.counters.step
        return step > 0 and step % self._session.config.train.snapshot_every == 0

    def _evaluate(self) -> Iterator[Evaluation]:
        """Score held-out books, if there are any, and save the author if it is the best so far."""
        session = self._session
        began = self._clock()
        self._tell(Activity(HELD_OUT))
        if not session.counters.evaluation_budget:
            budget = evaluation_budget(
                session.config,
                total_chars=self._meter.total_chars(),
                symbols_per_char=session.symbols_per_char,
            )
            session.counters = replace(session.counters, evaluation_budget=budget)
        with session.using_whole_tables():
            scores = None if has_bad_weights(session) else validate(session, self._tell)
            if scores is None:
                return
            self._evaluated_at = session.counters.step
            best = session.counters.best_bits_per_char
            is_best = best is None or scores.bits_per_char < best
            if is_best:
                session.counters = replace(
                    session.counters,
                    best_bits_per_char=scores.bits_per_char,
                    best_step=session.counters.step,
                    evaluations_without_gain=0,
                )
                self._writer.write_author(session, scores.books)
            else:
                without = session.counters.evaluations_without_gain + 1
                session.counters = replace(session.counters, evaluations_without_gain=without)
        session.corpus.release_pages()
        took = self._took_since(began)
        self._meter.pause(took)
        self._due.evaluation.done(session.counters.elapsed_seconds + took, took_seconds=took)
        yield Evaluation(
            **session.when(),
            bits_per_char=scores.bits_per_char,
            accuracy=scores.accuracy,
            num_chars=scores.num_chars,
            is_best=is_best,
            books=scores.books,
        )

    def _sample(self) -> Iterator[Sample]:
        """Write a page of the diary."""
        session, diary = self._session, self._session.config.diary
        if not diary.max_chars or has_bad_weights(session):
            return
        began = self._clock()
        self._tell(WRITING)
        text = diary_page(session)
        took = self._took_since(began)
        self._meter.pause(took)
        self._due.sample.done(session.counters.elapsed_seconds + took, took_seconds=took)
        self._sampled_at = session.counters.step
        yield Sample(**session.when(), prompt=diary.prompt, text=text)

    def _roll_back(self, result: WindowResult) -> RolledBack:
        """Restore the last good state at half the rate. Steps keep counting, so that no two updates share a number."""
        session, writer = self._session, self._writer
        check_rollbacks_left(session.counters, config=session.config.train)
        now, good = session.counters, writer.rollback
        session.restore(good)
        self._unproven = self._evaluated_at = self._sampled_at = None  # the step stays, its weights do not
        self._meter = ProgressMeter(session)
        session.counters = replace(
            good.counters,
            step=now.step,
            elapsed_seconds=now.elapsed_seconds,
            num_rollbacks=now.num_rollbacks + 1,
            learning_rate_scale=now.learning_rate_scale * RATE_FACTOR,
            best_bits_per_char=now.best_bits_per_char,
            best_step=now.best_step,
            evaluations_without_gain=now.evaluations_without_gain,
            evaluation_budget=now.evaluation_budget,
        )
        return RolledBack(
            **session.when(),
            loss=result.loss if result.loss < float("inf") else None,
            back_to_step=good.counters.step,
            learning_rate_scale=session.counters.learning_rate_scale,
            book=session.book_at(result.epoch, result.window, 0).title,
        )

    def _end(self, reason: str) -> Iterator[AnyRecord]:
        """Score the held-out books a last time, save, and score the best author at length."""
        session = self._session
        if self._evaluated_at != session.counters.step:
            yield from self._evaluate()
        if self._sampled_at != session.counters.step:
            yield from self._sample()
        self._writer.adopt_later(session)
        yield self._save("finished").record
        self._tell(Activity(HELD_OUT))
        yield self._finished(reason, self._writer.finish(session, self._tell))

    def _finished(self, reason: str, scores: FinalScores) -> Finished:
        counters = self._session.counters
        return Finished(
            **self._session.when(),
            reason=reason,
            best_bits_per_char=counters.best_bits_per_char,
            best_step=counters.best_step,
            author=str(self._writer.folder.author_path),
            val_books=scores.val_books,
            test_books=scores.test_books,
        )
