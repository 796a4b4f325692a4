"""The match model: the window form against the step form, and what it finds."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.model.context_models.match import (
    NO_SYMBOL,
    Match,
    MatchState,
    initial_match,
    match_sequence,
    match_step,
    silenced,
)

NUM_KINDS = 2


VOCAB_SIZES = [5, 254, 255, 256, 65_000]


def begun(num_lanes: int, num_slots: int, vocab_size: int = 5) -> MatchState:
    return initial_match(num_lanes, num_kinds=NUM_KINDS, num_slots=num_slots, vocab_size=vocab_size)


def afresh_where(state: MatchState, resets: Tensor, vocab_size: int) -> MatchState:
    initial = begun(len(resets), state.slots.shape[2], vocab_size)
    pairs = zip(state, initial, strict=True)
    return MatchState(*(torch.where(resets.view(-1, *[1] * (old.dim() - 1)), new, old) for old, new in pairs))


def step_by_step(
    ids: Tensor, contexts: Tensor, resets: Tensor, num_slots: int, vocab_size: int
) -> tuple[Match, MatchState]:
    """The plain loop."""
    state, found = begun(len(ids), num_slots, vocab_size), []
    for time in range(ids.shape[1]):
        afresh = afresh_where(state, resets[:, time], vocab_size)
        match, state = match_step(ids[:, time], contexts[:, time], afresh)
        found.append(match)
    return Match(*(torch.stack(parts, dim=1) for parts in zip(*found, strict=True))), state


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    cut=st.integers(1, 59),
    num_contexts=st.sampled_from([3, 40, 1_000]),
    num_slots=st.sampled_from([4, 1024]),
    reset_share=st.sampled_from([0.0, 0.05, 0.5]),
    vocab_size=st.sampled_from(VOCAB_SIZES),
    consumes_state=st.booleans(),
)
def test_windows_of_any_size_match_what_single_steps_match(
    seed: int, cut: int, num_contexts: int, num_slots: int, reset_share: float, vocab_size: int, consumes_state: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(vocab_size - 5, vocab_size, (2, 60), generator=generator)
    names = torch.randint(-(2**31), 2**31, (num_contexts,), generator=generator)
    contexts = names[torch.randint(0, num_contexts, (2, 60, NUM_KINDS), generator=generator)]
    resets = torch.rand(2, 60, generator=generator) < reset_share
    needed, needed_state = step_by_step(ids, contexts, resets, num_slots, vocab_size)
    state, found = begun(2, num_slots, vocab_size), []
    for window in (slice(0, cut), slice(cut, 60)):
        marks = resets[:, window] if reset_share else None
        names_read = contexts[:, window]
        match, state = match_sequence(ids[:, window], names_read, state, marks, consumes_state=consumes_state)
        found.append(match)
    for needed_part, parts in zip(needed, zip(*found, strict=True), strict=True):
        assert torch.equal(torch.cat(parts, dim=1), needed_part)
    assert all(torch.equal(one, other) for one, other in zip(state, needed_state, strict=True))


def read(ids: list[int], contexts: list[int], *, num_slots: int = 64) -> list[tuple[int, int, int]]:
    """Latest, earlier and length after each character, of one order."""
    names = torch.tensor(contexts)[None, :, None].expand(-1, -1, NUM_KINDS)
    match, _ = match_sequence(torch.tensor([ids]), names, begun(1, num_slots))
    return list(zip(*(part[0, :, 0].tolist() for part in match), strict=True))


def test_a_context_finds_its_two_latest_successors() -> None:
    found = read([1, 2, 1, 3, 1, 3], [10, 20, 10, 30, 10, 30])
    assert found[0] == (NO_SYMBOL, NO_SYMBOL, 0)
    assert found[2] == (2, NO_SYMBOL, 0)
    assert found[4] == (3, 2, 0)
    assert found[5] == (1, NO_SYMBOL, 1)  # it was expected that 3 would follow, and so it did


def test_the_largest_symbol_of_an_alphabet_is_found_whatever_the_check() -> None:
    for vocab_size in VOCAB_SIZES:
        for number in (0, 1, -1, 2**31 - 1, -(2**31)):  # checks of zeros and of ones
            names = torch.tensor([number, 7, number])[None, :, None].expand(-1, -1, NUM_KINDS)
            ids = torch.tensor([[0, vocab_size - 1, 1]])
            match, _ = match_sequence(ids, names, begun(1, 64, vocab_size))
            assert match.latest[0, 2].tolist() == [vocab_size - 1] * NUM_KINDS


def test_a_lane_that_repeats_itself_for_too_long_is_silenced_and_others_are_not() -> None:
    length = torch.tensor([[0, 3], [2, 2]])
    match = Match(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6], [7, 8]]), length)
    found = silenced(match, max_match_length=2)
    assert [part[0].tolist() for part in found] == [[NO_SYMBOL] * 2, [NO_SYMBOL] * 2, [0, 0]]
    assert [part[1].tolist() for part in found] == [part[1].tolist() for part in match]


def test_slots_are_small_where_the_alphabet_is() -> None:
    assert begun(1, 8, 255).slots.dtype == torch.int32
    assert begun(1, 8, 256).slots.dtype == torch.int64


def test_a_match_lasts_while_the_expected_symbol_comes() -> None:
    again = [1, 2, 3, 4, 1, 2, 3, 1]
    lengths = [length for _, _, length in read(again, [10 * symbol for symbol in again])]
    assert lengths == [0, 0, 0, 0, 0, 1, 2, 0]


def test_a_context_in_another_ones_slot_finds_nothing_of_it() -> None:
    low, high = 5, 5 + (7 << 16)  # the same slot, another check
    assert read([1, 2, 3], [low, 9, high])[2][0] == NO_SYMBOL
    assert read([1, 2, 3], [low, 9, low])[2][0] == 2


def test_the_state_before_is_left_as_it_was_unless_it_is_given_up() -> None:
    state = begun(1, 8)
    arguments = (torch.tensor([[1, 2]]), torch.ones(1, 2, NUM_KINDS, dtype=torch.int64), state)
    match_sequence(*arguments)
    assert not state.slots.any()
    _, after = match_sequence(*arguments, consumes_state=True)
    assert after.slots.any()
    assert after.slots.data_ptr() == state.slots.data_ptr()
