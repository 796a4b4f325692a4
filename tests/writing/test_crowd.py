"""A crowd: texts that join, pause, fail and leave in any order are each what one text alone would be."""

from itertools import islice
from typing import Any

import numpy as np
import pytest
from engines import compiled_engine, loud_model
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule, run_state_machine_as_test

from penwright.alphabet.characters import Alphabet
from penwright.errors import NoNumbersError
from penwright.writing.bookmark import Bookmark
from penwright.writing.crowd import Crowd
from penwright.writing.generation import iter_text, read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import Mask
from penwright.writing.sampling import Logits, draws_of

PROSE = 'The lamp went "out" at nine. Mr. Vane (the keeper) said so.\n\n'
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
ENGINE = compiled_engine(loud_model(LEARNT), LEARNT)
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)


class Machine(RuleBasedStateMachine):
    """A crowd beside the texts that are written one by one."""

    texts = Bundle("texts")

    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd(ENGINE, LEARNT, num_threads=2)
        self.written: dict[int, str] = {}
        self.paused: set[int] = set()
        self.begun: dict[int, tuple[Bookmark, int]] = {}

    @rule(
        target=texts, seed=st.integers(0, 9), prompt=st.sampled_from(["The", "A lamp 灯", "Mr."]), adapts=st.booleans()
    )
    def join(self, seed: int, prompt: str, adapts: bool) -> int:
        bookmark = read_text(ENGINE, LEARNT, prompt, adapts=adapts)
        key = self.crowd.join(bookmark, sampling=SAMPLING, draws=draws_of(seed))
        self.written[key], self.begun[key] = "", (bookmark, seed)
        return key

    @rule(number=st.integers(1, 10))
    def step(self, number: int) -> None:
        for _ in range(number):
            found = self.crowd.step()
            assert {each.key for each in found} == set(self.written) - self.paused
            for each in found:
                self.written[each.key] += each.text

    @rule(key=texts)
    def pause(self, key: int) -> None:
        self.crowd.pause(key)
        self.paused.add(key)

    @rule(key=texts)
    def resume(self, key: int) -> None:
        self.crowd.resume(key)
        self.paused.discard(key)

    @rule(key=consumes(texts), drops=st.booleans())
    def leave(self, key: int, drops: bool) -> None:
        text, (bookmark, seed) = self.written.pop(key), self.begun[key]
        self.paused.discard(key)
        logits = self.crowd.prediction(key)
        if drops:
            self.crowd.drop(key)
        else:
            left = self.crowd.leave(key)
            assert (left.logits == logits).all() and left.adapts == bookmark.adapts
        assert text == "".join(
            islice(iter_text(ENGINE, LEARNT, sampling=SAMPLING, draws=draws_of(seed), after=bookmark), len(text))
        )

    def teardown(self) -> None:
        for key in list(self.written):
            self.leave(key, False)
        assert len(self.crowd) == self.crowd.num_active == 0


def test_texts_that_come_and_go_are_each_as_if_alone() -> None:
    few = settings(max_examples=12, stateful_step_count=40, phases=(Phase.explicit, Phase.generate))
    run_state_machine_as_test(Machine, settings=few)


class Unruly:
    """A guide that fails at some symbol, before it is drawn or after."""

    def __init__(self, *, adjusts: int = 0, pushes: int = 0) -> None:
        self._adjusts, self._pushes = adjusts, pushes

    def adjust(self, logits: Logits, allowed: Mask) -> float | None:
        self._adjusts -= 1
        if not self._adjusts:
            raise ZeroDivisionError
        return None

    def push(self, symbol: int, text: str) -> None:
        self._pushes -= 1
        if not self._pushes:
            raise ZeroDivisionError


@pytest.mark.parametrize("fault", [{"adjusts": 3}, {"pushes": 3}, "blind"])
def test_a_text_that_fails_is_set_aside_and_the_others_go_on(fault: Any) -> None:
    crowd, bookmark = Crowd(ENGINE, LEARNT, num_threads=2), read_text(ENGINE, LEARNT, "The lamp")
    bad = bookmark._replace(logits=np.full_like(bookmark.logits, np.nan)) if fault == "blind" else bookmark
    guides = [] if fault == "blind" else [Unruly(**fault)]
    failing = crowd.join(bad, sampling=SAMPLING, draws=draws_of(1), guides=guides)
    others = {crowd.join(bookmark, sampling=SAMPLING, draws=draws_of(each)): each for each in range(8)}
    texts = dict.fromkeys(others, "")
    for _ in range(30):
        for each in crowd.step():
            texts[each.key] = texts.get(each.key, "") + each.text
    assert isinstance(crowd.failures[failing], NoNumbersError if fault == "blind" else ZeroDivisionError)
    assert crowd.num_active == 8
    crowd.drop(failing)
    assert not crowd.failures
    for key, seed in others.items():
        text = iter_text(ENGINE, LEARNT, sampling=SAMPLING, draws=draws_of(seed), after=bookmark)
        assert texts[key] == "".join(islice(text, len(texts[key])))
