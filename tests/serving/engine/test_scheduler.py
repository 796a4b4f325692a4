"""Requests that join, leave, stop and pause at random are answered as if each were alone."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from engines import compiled_engine, loud_model
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test
from served import ALPHABETS, ENGINES, LEARNT, PROSE, expected_text

from penwright.serving.engine import prompt_queue, rows, scheduler
from penwright.serving.engine.request import TextRequest
from penwright.serving.engine.rows import Job, Row
from penwright.serving.engine.scheduler import Scheduler
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.laws.choosing import guides_of
from penwright.writing.options import Ending, Laws, SamplingConfig
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits

SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
LAWS = Laws(sentence_length=2, no_repeat_ngram=2, logit_bias={"e": 1.0})
PROMPTS = ["", "T", "The lamp", "The lamp went out. 灯 and", PROSE * 2, PROSE * 15, (), (0, 20, 21), (20, 3, 21)]


def requests(unit: str) -> st.SearchStrategy[TextRequest]:
    """Requests of every kind."""
    laws = partial(guides_of, LAWS, alphabet=ALPHABETS[unit], sampling=SAMPLING)
    return st.builds(
        TextRequest,
        prompt=st.sampled_from(PROMPTS),
        max_symbols=st.integers(0, 40),
        sampling=st.just(SAMPLING) | st.builds(SamplingConfig, temperature=st.sampled_from([0.0, 0.5, 3.0])),
        seed=st.integers(0, 5),
        num_texts=st.integers(1, 3),
        ending=st.just(Ending()) | st.just(Ending(stop=("e", "t "))) | st.just(Ending(max_words=3)),
        guides=st.just(tuple) | (st.just(laws) if unit == "characters" else st.just(tuple)),
        num_top=st.none() | st.integers(0, 3),
        scores_prompt=st.just(False),
    )


def quick(num_examples: int, *, steps: int) -> settings:
    """Settings without shrinking, which takes minutes here."""
    return settings(
        max_examples=num_examples, stateful_step_count=steps, deadline=None, phases=(Phase.explicit, Phase.generate)
    )


class Machine(RuleBasedStateMachine):
    """A scheduler, and for each request what it must be answered with."""

    unit = "characters"
    max_rows = 5
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(ENGINES[self.unit], ALPHABETS[self.unit], max_rows=self.max_rows, num_threads=2)
        self.texts: dict[Row, str] = {}

    @rule(target=jobs, data=st.data())
    def submit(self, data: Any) -> Job:
        job = Job(data.draw(requests(self.unit)))
        self.texts |= dict.fromkeys(job.rows, "")
        self.scheduler.submit(job)
        return job

    @rule(number=st.integers(1, 30))
    def tick(self, number: int) -> None:
        for _ in range(number):
            self.scheduler.tick()

    @rule(job=jobs)
    def take(self, job: Job) -> None:
        for row in job.rows:
            self.texts[row] += "".join(token.text for token in row.take())
            self.scheduler.resume(row)

    @rule(job=consumes(jobs))
    def cancel(self, job: Job) -> None:
        was_open = [row for row in job.rows if row.finish is None]
        self.scheduler.cancel(job)
        assert all(row.finish == "cancelled" for row in was_open)
        self.scheduler.cancel(job)

    @invariant()
    def the_numbers_are_right(self) -> None:
        metrics = self.scheduler.metrics
        num_open = sum(row.finish is None for row in self.texts)
        assert metrics.num_running <= self.max_rows
        assert metrics.num_running + metrics.num_waiting == num_open
        assert all(len(row.tokens) <= rows.MAX_BACKLOG + 1 for row in self.texts)

    def teardown(self) -> None:
        for _ in range(3_000):
            for row in self.texts:
                self.texts[row] += "".join(token.text for token in row.take())
                self.scheduler.resume(row)
            if not self.scheduler.tick() and all(row.finish for row in self.texts):
                break
        for row, text in self.texts.items():
            text += "".join(token.text for token in row.take())
            expected = expected_text(row.job.request, row.index, unit=self.unit)
            assert row.finish in ("length", "stop", "cancelled"), row.error
            assert expected.startswith(text) if row.finish == "cancelled" else text == expected
        assert self.scheduler.metrics.num_running == self.scheduler.metrics.num_waiting == 0
        assert len(self.scheduler._crowd) == 0


class SubwordMachine(Machine):
    unit = "bpe"


@pytest.mark.parametrize("machine", [Machine, SubwordMachine])
def test_requests_that_come_and_go_are_answered_as_if_alone(machine: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "MAX_BACKLOG", 6)
    monkeypatch.setattr(rows, "MAX_BACKLOG", 6)
    monkeypatch.setattr(prompt_queue, "SHORT_PROMPT", 100)
    run_state_machine_as_test(machine, settings=quick(12, steps=25))


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Machine, SubwordMachine])
def test_many_requests_that_come_and_go(machine: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "MAX_BACKLOG", 6)
    monkeypatch.setattr(rows, "MAX_BACKLOG", 6)
    monkeypatch.setattr(prompt_queue, "SHORT_PROMPT", 100)
    run_state_machine_as_test(machine, settings=quick(100, steps=50))


def request_of(prompt: Any = "The lamp", **options: Any) -> TextRequest:
    return TextRequest(prompt=prompt, **{"max_symbols": 20, "sampling": SAMPLING, "seed": 1, **options})


def answered(*asked: TextRequest, engine: Any = ENGINES["characters"]) -> list[list[Row]]:
    """The texts of requests that are answered side by side."""
    scheduler = Scheduler(engine, LEARNT, max_rows=8, num_threads=1)
    jobs = [Job(each) for each in asked]
    for job in jobs:
        scheduler.submit(job)
    while scheduler.tick():
        pass
    assert all(job.is_done for job in jobs)
    return [job.rows for job in jobs]


def text_of(row: Row) -> str:
    return "".join(token.text for token in row.take())


class Unruly:
    """A guide that fails after some symbols."""

    def __init__(self, num_good: int) -> None:
        self._num_good = num_good

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        self._num_good -= 1
        if not self._num_good:
            raise ZeroDivisionError
        return None

    def push(self, symbol: int, text: str) -> None:
        pass


class Blinding:
    """A guide that leaves nothing to choose."""

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        allowed[:] = False
        return None

    def push(self, symbol: int, text: str) -> None:
        pass


@pytest.mark.parametrize("guides", [lambda: [Unruly(1)], lambda: [Unruly(5)], lambda: [Blinding()], lambda: 1 / 0])
def test_a_request_that_fails_fails_alone(guides: Any) -> None:
    [[bad], [good]] = answered(request_of(guides=guides), request_of())
    assert bad.finish == "failed" and bad.error is not None
    assert good.finish == "length" and text_of(good) == expected_text(good.job.request, 0)


def test_an_author_whose_predictions_are_no_numbers_fails_its_requests() -> None:
    model = loud_model(LEARNT)
    model.readout_weight.data[:] = np.nan
    for [row] in answered(request_of(), request_of(num_top=2), engine=compiled_engine(model, LEARNT)):
        assert row.finish == "failed"


def test_after_a_fault_of_the_engine_the_next_request_is_answered() -> None:
    scheduler = Scheduler(ENGINES["characters"], LEARNT, max_rows=2, num_threads=1)
    jobs = [Job(request_of()) for _ in range(3)]
    for job in jobs:
        scheduler.submit(job)
    scheduler.tick()
    scheduler.recover(RuntimeError())
    assert [job.rows[0].finish for job in jobs] == ["failed"] * 3
    assert scheduler.metrics.num_running == scheduler.metrics.num_waiting == 0
    after = Job(request_of())
    scheduler.submit(after)
    while scheduler.tick():
        pass
    assert text_of(after.rows[0]) == expected_text(after.request, 0)


def test_a_long_prompt_does_not_starve_writers_nor_they_it() -> None:
    """With a clock that counts ticks of reading and writing alike, both get their turn."""
    now = [0.0]

    def clock() -> float:
        now[0] += 0.001
        return now[0]

    scheduler = Scheduler(ENGINES["characters"], LEARNT, max_rows=8, num_threads=1, clock=clock)
    writer, long = Job(request_of(max_symbols=10_000)), Job(request_of(PROSE * 100, max_symbols=1))
    scheduler.submit(writer)
    scheduler.tick()
    scheduler.submit(long)
    ticks = 0
    while not long.is_done:
        scheduler.tick()
        writer.rows[0].take()
        scheduler.resume(writer.rows[0])
        ticks += 1
    stretches = len(PROSE * 100) / 64
    assert 0.5 * stretches < writer.rows[0].num_written < 4 * stretches
    assert ticks < 4 * stretches


def test_a_request_that_takes_too_long_ends() -> None:
    now = [0.0]
    scheduler = Scheduler(ENGINES["characters"], LEARNT, max_rows=1, clock=lambda: now[0])
    jobs = [Job(request_of(max_symbols=1_000), seconds=10), Job(request_of(max_symbols=1_000), seconds=10)]
    for job in jobs:
        scheduler.submit(job)
    scheduler.tick()
    now[0] = 11.0
    scheduler.tick()
    assert [job.rows[0].finish for job in jobs] == ["length", "length"]


def test_the_time_between_two_symbols_is_that_of_a_reader() -> None:
    """It used to be the time of the steps alone, however long prompts were read between them."""
    now = [0.0]
    scheduler = Scheduler(ENGINES["characters"], LEARNT, max_rows=2, num_threads=1, clock=lambda: now[0])
    between = scheduler.metrics.step_seconds
    job = Job(request_of(max_symbols=3))
    scheduler.submit(job)
    while not job.is_done:
        scheduler.tick()
        now[0] += 0.5
    assert (between._sum, sum(between._counts)) == (2 * 0.5, 2)
    now[0] += 100.0
    scheduler.submit(Job(request_of("", max_symbols=10)))  # what opens a paragraph is written before the first step
    scheduler.tick()
    assert between._sum == 2 * 0.5


class Hasty(Row):
    """A text whose reader takes everything just before it is set aside."""

    @property
    def is_paused(self) -> bool:  # type: ignore[override]
        return self._is_paused

    @is_paused.setter
    def is_paused(self, value: bool) -> None:
        if value:
            self.take()
        self._is_paused = value


def test_a_text_is_not_set_aside_for_a_reader_that_has_just_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a reader saw no pause to end, and waited for a text that waited for it."""
    monkeypatch.setattr(scheduler, "MAX_BACKLOG", 6)
    scheduled = Scheduler(ENGINES["characters"], LEARNT, max_rows=1, num_threads=1)
    job = Job(request_of(max_symbols=40))
    job.rows = [Hasty(job, 0)]
    scheduled.submit(job)
    for _ in range(100):
        scheduled.tick()
    assert job.rows[0].finish == "length"


def test_a_prompt_is_scored_as_an_author_scores_it() -> None:
    from penwright.writing.costs import symbol_nats

    ids = LEARNT.encode(PROSE)
    nats = symbol_nats(ENGINES["characters"], np.concatenate([[0], ids]))
    for prompt in (PROSE, tuple(ids.tolist())):
        [[row]] = answered(request_of(prompt, num_top=3, scores_prompt=True))
        tokens = row.job.prompt_tokens
        assert [token.symbol for token in tokens] == ids.tolist()
        assert [-token.log_prob for token in tokens] == pytest.approx(nats.tolist(), abs=1e-6)
        for token in tokens:
            assert dict(token.top)[token.symbol] == token.log_prob
            assert len(token.top) in (3, 4) and [value for _, value in token.top[:3]] == sorted(
                (value for _, value in token.top[:3]), reverse=True
            )


def test_the_probabilities_of_a_text_are_those_of_reading_it() -> None:
    from penwright.writing.costs import symbol_nats

    for unit in ALPHABETS:
        prompt = "The lamp went "
        [[row]] = answered(request_of(prompt, num_top=0, sampling=SamplingConfig(temperature=3.0)))
        symbols = [token.symbol for token in row.tokens]
        read = np.concatenate([[0], ALPHABETS["characters"].encode(prompt), symbols])
        nats = symbol_nats(ENGINES["characters"], read)[-len(symbols) :]
        assert [-token.log_prob for token in row.tokens] == pytest.approx(nats.tolist(), abs=1e-5), unit


def test_the_end_of_a_prompt_is_remembered_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from penwright.serving.engine import prompts

    monkeypatch.setattr(prompts, "SNAPSHOT_CHARS", 300)
    num_read: list[int] = []
    read_rows = CompiledEngine.read_rows

    def noting(engine: CompiledEngine, first: int, stop: int, ids: Any, *others: Any, **options: Any) -> None:
        num_read[-1] += ids.shape[1] * (ids.shape[0] == 1)
        read_rows(engine, first, stop, ids, *others, **options)

    scheduler = Scheduler(ENGINES["characters"], LEARNT, max_rows=2, num_threads=1)
    prompts_read = [PROSE * 8, PROSE * 8 + "The", PROSE * 4 + "Mr. Vane", PROSE * 8, "T" + PROSE * 8]
    for prompt in prompts_read:
        num_read.append(0)
        job = Job(request_of(prompt))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CompiledEngine, "read_rows", noting)
            scheduler.submit(job)
            while scheduler.tick():
                pass
        assert text_of(job.rows[0]) == expected_text(job.request, 0)
        assert job.num_prompt_symbols == len(prompt)
    assert num_read == [len(PROSE) * 8 + 1, 3, len(PROSE) * 4 + 8 - 300, 0, len(PROSE) * 8 + 2]
