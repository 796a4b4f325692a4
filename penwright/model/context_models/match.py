"""A match model: the symbols that followed the present context the last two times it occurred in this text.

Every lane has a table of slots for each kind of context. The hash of a context says which slot is its own. The slot
holds the two latest successors, and check bits by which other contexts in the same slot are told apart. Newer
contexts displace older ones, so the memory is of constant size however long the text. It has no weights and no
gradients.

`match_sequence` reads a window without a loop over time; `match_step` is its plain twin, one character at a time. Both
agree to the last bit.

Source: the match model of context-mixing compressors (Mahoney 2005, "Adaptive weighing of context models for lossless
data compression", section 3), here hashed as a cache of the recent past is in neural language models (Grave, Joulin
and Usunier 2017, "Improving neural language models with a continuous cache").

Shapes: B = lanes, T = characters per window, R = kinds of context, S = slots of each.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.match import CHECK_MASK, CHECK_SHIFT, FIRST_NUMBER, match_window

NO_SYMBOL = -1
_SYMBOL_BITS = {torch.int32: 8, torch.int64: 17}
"""Bits of a successor in a slot, by the slot's type: as few as the alphabet allows."""
_WORK = 16
"""Cost of a look at a slot, which waits for memory, in numbers that a kernel goes over."""


class MatchState(NamedTuple):
    """The memory of the match model, all zeros before the first character."""

    slots: Tensor
    """(B, R, S): check, 1 + the latest successor, 1 + the one before; zero in an empty slot. int32 where a successor
    fits a byte, else int64."""
    waiting: Tensor
    """int64 (B, R): the number of the present context, whose successor is not yet read, above zero; zero at first."""
    expected: Tensor
    """int64 (B, R): 1 + the latest successor of the present context; zero for none."""
    length: Tensor
    """int64 (B, R): match length, the number of contexts in a row whose latest successor came again, up to the context
    before the present one."""


class Match(NamedTuple):
    """The earlier successors of the present contexts."""

    latest: Tensor
    """int64 (..., R), the successor of the last time; NO_SYMBOL if the context is new."""
    earlier: Tensor
    """int64 (..., R), the successor of the time before."""
    length: Tensor
    """int64 (..., R), the match length, see `MatchState`."""


def initial_match(
    batch_size: int, *, num_kinds: int, num_slots: int, vocab_size: int, device: torch.device | str | None = None
) -> MatchState:
    """Return the state before the first character of `batch_size` texts.

    Args:
        batch_size: B.
        num_kinds: R.
        num_slots: S, a power of two up to 65,536.
        vocab_size: Number of symbols that may follow.
    """
    zeros = torch.zeros(batch_size, num_kinds, dtype=torch.int64, device=device)
    dtype = torch.int32 if vocab_size < 1 << _SYMBOL_BITS[torch.int32] else torch.int64
    slots = torch.zeros(batch_size, num_kinds, num_slots, dtype=dtype, device=device)
    return MatchState(slots, zeros, zeros, zeros)


def match_step(ids: Tensor, contexts: Tensor, state: MatchState) -> tuple[Match, MatchState]:
    """Read one character in every lane.

    Args:
        ids: int64 (B,).
        contexts: int64 (B, R) of 32 bits, the contexts after that character.
        state: Result of the last call, or `initial_match`.

    Returns:
        The match of the contexts, (B, R), and the state.
    """
    num_slots = state.slots.shape[2]
    arrived = (ids + 1).unsqueeze(1).expand_as(contexts)  # (B, R)
    # The context that waited has its successor now.
    slot, check = _address(state.waiting, num_slots)
    is_waiting = state.waiting > 0
    old = state.slots.gather(2, slot.unsqueeze(2)).squeeze(2)
    entry = torch.where(is_waiting, _pack(check, arrived, state.expected, dtype=old.dtype), old)
    slots = state.slots.scatter(2, slot.unsqueeze(2), entry.unsqueeze(2))
    # The context that begins to wait is looked up.
    numbers = _numbers(contexts)
    slot, check = _address(numbers, num_slots)
    latest, earlier = _unpack(slots.gather(2, slot.unsqueeze(2)).squeeze(2), check)
    length = torch.where(is_waiting & (state.expected == arrived), state.length + 1, 0)
    return Match(latest - 1, earlier - 1, length), MatchState(slots, numbers, latest, length)


def match_sequence(
    ids: Tensor,
    contexts: Tensor,
    state: MatchState,
    resets: Tensor | None = None,
    *,
    consumes_state: bool = False,
) -> tuple[Match, MatchState]:
    """Read a window in every lane.

    Args:
        ids: int64 (B, T), T at least 1.
        contexts: int64 (B, T, R) of 32 bits, the contexts after each character.
        state: Result of the last call, or `initial_match`.
        resets: bool (B, T); where True, the lane's state is set to the initial one before that character is read.
        consumes_state: If True, the state's slots are overwritten. They are over a megabyte a lane: copying them each
            window took a twentieth of a training's time (32 and 64 lanes, two cores, 2026-11).

    Returns:
        The match of the contexts, (B, T, R), and the state after the last character.
    """
    slots = state.slots if consumes_state else state.slots.clone()
    if ids.device.type == "cpu" and running.can_run(ids.numel()):
        return _by_kernel(ids, contexts, state._replace(slots=slots), resets)
    return _by_sorting(ids, contexts, state._replace(slots=slots), resets)


def _by_kernel(ids: Tensor, contexts: Tensor, state: MatchState, resets: Tensor | None) -> tuple[Match, MatchState]:
    """Do the same as `match_sequence`, overwriting the slots, in a loop over time."""
    match = Match(*(torch.empty_like(contexts, memory_format=torch.contiguous_format) for _ in range(3)))
    after = MatchState(state.slots, state.waiting.clone(), state.expected.clone(), state.length.clone())
    running.run(
        match_window,
        len(ids),
        ids.contiguous(),
        contexts.contiguous(),
        running.marks_of(resets),
        _SYMBOL_BITS[state.slots.dtype],
        *after,
        *match,
        work=_WORK * contexts.numel(),
    )
    return match, after


def _by_sorting(ids: Tensor, contexts: Tensor, state: MatchState, resets: Tensor | None) -> tuple[Match, MatchState]:
    """Do the same as `match_sequence`, overwriting the slots, without a loop over time.

    Position i of a row is the context that waits for character i; the last one still waits when the window ends.
    """
    num_lanes, num_steps = ids.shape
    slots = state.slots
    num_slots = slots.shape[2]
    numbers = torch.cat((state.waiting.unsqueeze(2), _numbers(contexts).transpose(1, 2)), dim=2)  # (B, R, T + 1)
    slot, check = _address(numbers, num_slots)
    is_waiting = numbers[:, :, :-1] > 0  # (B, R, T), false only before the first character of a text
    arrived = (ids + 1).unsqueeze(1).expand(-1, numbers.shape[1], -1)  # (B, R, T)

    # Contexts before position `fresh` belong to another text.
    positions = torch.arange(num_steps, device=ids.device)
    fresh = torch.zeros_like(ids) if resets is None else torch.where(resets, positions + 1, 0).cummax(dim=1).values
    fresh = fresh.unsqueeze(1)  # (B, 1, T)

    # Find the last writer of each context's slot: a context of this window and this text, or one before the window.
    writer, is_last = _neighbours(torch.where(numbers > 0, slot, -1))
    is_of_window = (writer >= 0) & (writer >= fresh)  # (B, R, T)
    writer = writer.clamp_min(0)
    is_same = is_of_window & (check.gather(2, writer) == check[:, :, 1:])
    stored = torch.where(fresh > 0, 0, slots.gather(2, slot[:, :, 1:]))
    old_latest, old_earlier = _unpack(stored, check[:, :, 1:])

    # Its entry: its own successor, and the successor it had expected.
    latest = torch.where(is_of_window, torch.where(is_same, arrived.gather(2, writer), 0), old_latest)
    expected = torch.cat((state.expected.unsqueeze(2), latest), dim=2)  # (B, R, T + 1)
    earlier = torch.where(is_of_window, torch.where(is_same, expected.gather(2, writer), 0), old_earlier)

    # The last context of this window and text in each slot leaves its entry there.
    if resets is not None:
        slots[fresh[:, 0, -1] > 0] = 0
    is_last = is_last & is_waiting & (positions >= fresh[:, :, -1:])
    first_slots = (torch.arange(num_lanes * slots.shape[1], device=ids.device) * num_slots).view(num_lanes, -1, 1)
    entries = _pack(check[:, :, :-1], arrived, expected[:, :, :-1], dtype=slots.dtype)
    slots.view(-1)[(first_slots + slot[:, :, :-1])[is_last]] = entries[is_last]

    # Matches go on where the expected symbol came, within a text.
    if resets is not None:
        is_waiting = is_waiting & ~resets.unsqueeze(1)
    length = _lengths(is_waiting & (expected[:, :, :-1] == arrived), state.length)
    match = Match(*(part.transpose(1, 2) for part in (latest - 1, earlier - 1, length)))
    return match, MatchState(slots, numbers[:, :, -1], latest[:, :, -1], length[:, :, -1])


def agreement(match: Match) -> Tensor:
    """Return 1 where a context's two latest successors are one symbol, float32 (..., R)."""
    return ((match.latest == match.earlier) & (match.latest >= 0)).float()


def log_length(match: Match) -> Tensor:
    """Return the logarithm of 1 + the match length, float32 (..., R)."""
    return match.length.float().log1p()


def silenced(match: Match, *, max_match_length: int) -> Match:
    """Return a match with nothing in each lane where the match of any context is longer than `max_match_length`."""
    is_repeating = (match.length > max_match_length).any(dim=-1, keepdim=True)
    return Match(
        match.latest.masked_fill(is_repeating, NO_SYMBOL),
        match.earlier.masked_fill(is_repeating, NO_SYMBOL),
        match.length.masked_fill(is_repeating, 0),
    )


def _lengths(was_right: Tensor, before: Tensor) -> Tensor:
    """Return how many in a row were right up to each position, given how many before the window were: int64 (B, R, T).

    Args:
        was_right: bool (B, R, T).
        before: int64 (B, R).
    """
    positions = torch.arange(1, was_right.shape[2] + 1, device=was_right.device)  # from 1
    last_wrong = torch.where(was_right, 0, positions).cummax(dim=2).values  # 0 for none in the window
    return positions - last_wrong + torch.where(last_wrong == 0, before.unsqueeze(2), 0)


def _neighbours(slot: Tensor) -> tuple[Tensor, Tensor]:
    """Find the contexts that share a slot.

    Args:
        slot: int64 (B, R, T + 1), the slot of each context in reading order; -1 for one that has none.

    Returns:
        For every context but the first, the latest one before it in the same slot, or -1: (B, R, T). For every context
        but the last, True if none between it and the last has the same slot: bool (B, R, T).
    """
    # Sort by slot, then by reading order: neighbours in this order share a slot or do not.
    count = slot.shape[2]
    order = (slot * count + torch.arange(count, device=slot.device)).argsort(dim=2)
    in_order = slot.gather(2, order)
    is_same = in_order[:, :, 1:] == in_order[:, :, :-1]  # as the one before it in this order
    # Scatter the results back to reading order.
    before = torch.full_like(slot, -1).scatter(2, order[:, :, 1:], torch.where(is_same, order[:, :, :-1], -1))
    is_followed = torch.zeros_like(slot, dtype=torch.bool)
    is_followed = is_followed.scatter(2, order[:, :, :-1], is_same & (order[:, :, 1:] < count - 1))
    return before[:, :, 1:], ~is_followed[:, :, :-1]


def _numbers(contexts: Tensor) -> Tensor:
    """Return contexts as numbers from 1 to 2^32."""
    return contexts + FIRST_NUMBER


def _address(numbers: Tensor, num_slots: int) -> tuple[Tensor, Tensor]:
    """Return the slot of each context and the check that tells it from others there."""
    return numbers & (num_slots - 1), (numbers >> CHECK_SHIFT) & CHECK_MASK


def _pack(check: Tensor, latest: Tensor, earlier: Tensor, *, dtype: torch.dtype) -> Tensor:
    """Return entries of slots from checks and 1 + the two successors."""
    bits = _SYMBOL_BITS[dtype]
    entries = (check << (2 * bits)) | (latest << bits) | earlier
    if dtype == torch.int32:
        entries = entries - ((entries >> 31) << 32)  # the upper half of what 32 bits hold is below zero
    return entries.to(dtype)


def _unpack(entries: Tensor, check: Tensor) -> tuple[Tensor, Tensor]:
    """Return 1 + the two successors in each entry, or zero where the check is another context's."""
    bits = _SYMBOL_BITS[entries.dtype]
    mask = (1 << bits) - 1
    entries = entries.long()
    is_own = ((entries >> (2 * bits)) & CHECK_MASK) == check
    latest = torch.where(is_own, (entries >> bits) & mask, 0)
    return latest, torch.where(is_own, entries & mask, 0)
