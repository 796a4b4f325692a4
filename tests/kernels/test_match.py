"""The match model, run by a kernel, against the same done by torch."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.kernels.running import without_kernels
from penwright.model.context_models.match import Match, MatchState, initial_match, match_sequence

NUM_KINDS = 3


def read(windows: list[tuple[Tensor, Tensor, Tensor | None]], vocab_size: int) -> tuple[list[Match], MatchState]:
    """The matches of windows one after another, and the state after them; all but the first may overwrite it."""
    num_lanes, found = len(windows[0][0]), []
    state = initial_match(num_lanes, num_kinds=NUM_KINDS, num_slots=16, vocab_size=vocab_size)
    for ids, contexts, resets in windows:
        match, state = match_sequence(ids, contexts, state, resets, consumes_state=bool(found))
        found.append(match)
    return found, state


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**31),
    num_steps=st.sampled_from([1, 2, 40]),
    num_contexts=st.sampled_from([3, 20, 1_000]),
    reset_share=st.sampled_from([None, 0.0, 0.1, 0.6]),
    vocab_size=st.sampled_from([5, 255, 256, 65_000]),
    resets_at_edges=st.booleans(),
)
def test_a_kernel_matches_what_torch_matches(
    seed: int, num_steps: int, num_contexts: int, reset_share: float | None, vocab_size: int, resets_at_edges: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    names = torch.randint(-(2**31), 2**31, (num_contexts,), generator=generator)
    names[0], names[-1] = -(2**31), 2**31 - 1
    windows: list[tuple[Tensor, Tensor, Tensor | None]] = []
    for _ in range(3):
        ids = torch.randint(vocab_size - 3, vocab_size, (4, num_steps), generator=generator)
        contexts = names[torch.randint(0, num_contexts, (4, num_steps, NUM_KINDS), generator=generator)]
        resets = None if reset_share is None else torch.rand(4, num_steps, generator=generator) < reset_share
        if resets is not None and resets_at_edges:
            resets[1, 0] = resets[2, -1] = True
        windows.append((ids, contexts, resets))
    found, state = read(windows, vocab_size)
    with without_kernels():
        needed, needed_state = read(windows, vocab_size)
    for one, other in zip((*found, state), (*needed, needed_state), strict=True):
        for found_part, needed_part in zip(one, other, strict=True):
            assert found_part.dtype == needed_part.dtype
            assert torch.equal(found_part, needed_part)
