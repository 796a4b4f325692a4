"""A memory of the text being read: what followed the last times that its present context was met.

Every lane has a table of slots for each order of context. A context's number says which slot is its own; the slot holds
the two latest followers, and a check so that another context's are not taken for its own. Newer contexts displace older
ones, so the memory is of constant size however long the text. Nothing in it is learned, and no gradient passes.

`recall_sequence` reads a window without a loop over time; `recall_step` is its twin, one character at a time. Both
agree to the last bit.

Source: the match model of context-mixing compressors (Mahoney 2005, "Adaptive weighing of context models for lossless
data compression", section 3), here hashed as a cache of the recent past is in neural language models (Grave, Joulin
and Usunier 2017, "Improving neural language models with a continuous cache").

Shapes: B = lanes, T = characters per window, R = orders remembered, S = slots a table.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.match import CHECK_MASK, CHECK_SHIFT, FIRST_NUMBER, recall_window

NO_SYMBOL = -1
_SYMBOL_BITS = {torch.int32: 8, torch.int64: 17}
"""Of a follower, by the type of a slot: as few as the alphabet lets them be."""
_WORK = 16
"""Numbers gone over that a look at a slot takes as long as: each waits for memory."""


class RecallState(NamedTuple):
    """What is remembered. All of it is zero before the first character."""

    slots: Tensor
    """(B, R, S): check, 1 + the latest follower, 1 + the one before; zero where nothing was met. int32 where a follower
    fits a byte, else int64."""
    waiting: Tensor
    """int64 (B, R): the number of the present context, whose follower is not yet read, above zero; zero at first."""
    expected: Tensor
    """int64 (B, R): 1 + the follower that the present context recalled; zero for none."""
    streak: Tensor
    """int64 (B, R): how many contexts in a row recalled the symbol that then came, up to the one before the present."""


class Recalled(NamedTuple):
    """What the present context was followed by before."""

    latest: Tensor
    """int64 (..., R), the symbol that followed the last time; NO_SYMBOL if the context is new."""
    earlier: Tensor
    """int64 (..., R), the same for the time before."""
    streak: Tensor
    """int64 (..., R), how many contexts in a row recalled the symbol that then came, up to the one before this."""


def initial_recall(
    batch_size: int, *, num_orders: int, num_slots: int, vocab_size: int, device: torch.device | str | None = None
) -> RecallState:
    """Return the state before the first character of `batch_size` texts.

    Args:
        batch_size: B.
        num_orders: R.
        num_slots: S, a power of two up to 65,536.
        vocab_size: Symbols that may follow.
    """
    zeros = torch.zeros(batch_size, num_orders, dtype=torch.int64, device=device)
    dtype = torch.int32 if vocab_size < 1 << _SYMBOL_BITS[torch.int32] else torch.int64
    slots = torch.zeros(batch_size, num_orders, num_slots, dtype=dtype, device=device)
    return RecallState(slots, zeros, zeros, zeros)


def recall_step(ids: Tensor, contexts: Tensor, state: RecallState) -> tuple[Recalled, RecallState]:
    """Read one character in every lane.

    Args:
        ids: int64 (B,).
        contexts: int64 (B, R) of 32 bits, the contexts after that character.
        state: What the last call returned, or `initial_recall`.

    Returns:
        What the contexts recall, (B, R), and the state.
    """
    num_slots = state.slots.shape[2]
    arrived = (ids + 1).unsqueeze(1).expand_as(contexts)  # (B, R)
    place, check = _address(state.waiting, num_slots)
    is_waiting = state.waiting > 0
    old = state.slots.gather(2, place.unsqueeze(2)).squeeze(2)
    entry = torch.where(is_waiting, _pack(check, arrived, state.expected, dtype=old.dtype), old)
    slots = state.slots.scatter(2, place.unsqueeze(2), entry.unsqueeze(2))
    numbers = _numbers(contexts)
    place, check = _address(numbers, num_slots)
    latest, earlier = _unpack(slots.gather(2, place.unsqueeze(2)).squeeze(2), check)
    streak = torch.where(is_waiting & (state.expected == arrived), state.streak + 1, 0)
    return Recalled(latest - 1, earlier - 1, streak), RecallState(slots, numbers, latest, streak)


def recall_sequence(
    ids: Tensor,
    contexts: Tensor,
    state: RecallState,
    resets: Tensor | None = None,
    *,
    consumes_state: bool = False,
) -> tuple[Recalled, RecallState]:
    """Read a window in every lane.

    Args:
        ids: int64 (B, T), T at least 1.
        contexts: int64 (B, T, R) of 32 bits, the contexts after each character.
        state: What the last call returned, or `initial_recall`.
        resets: bool (B, T); where True, the lane's state is set to the initial one before that character is read.
        consumes_state: Whether the state's slots are overwritten. They are over a megabyte a lane: copying them each
            window took a twentieth of a training's time (32 and 64 lanes, two cores, 2026-11).

    Returns:
        What the contexts recall, (B, T, R), and the state after the last character.
    """
    slots = state.slots if consumes_state else state.slots.clone()
    if ids.device.type == "cpu" and running.can_run(ids.numel()):
        return _by_kernel(ids, contexts, state._replace(slots=slots), resets)
    return _by_sorting(ids, contexts, state._replace(slots=slots), resets)


def _by_kernel(
    ids: Tensor, contexts: Tensor, state: RecallState, resets: Tensor | None
) -> tuple[Recalled, RecallState]:
    """Do what `recall_sequence` does, overwriting the slots, in a loop over time."""
    recalled = Recalled(*(torch.empty_like(contexts, memory_format=torch.contiguous_format) for _ in range(3)))
    after = RecallState(state.slots, state.waiting.clone(), state.expected.clone(), state.streak.clone())
    running.run(
        recall_window,
        len(ids),
        ids.contiguous(),
        contexts.contiguous(),
        running.marks_of(resets),
        _SYMBOL_BITS[state.slots.dtype],
        *after,
        *recalled,
        work=_WORK * contexts.numel(),
    )
    return recalled, after


def _by_sorting(
    ids: Tensor, contexts: Tensor, state: RecallState, resets: Tensor | None
) -> tuple[Recalled, RecallState]:
    """Do what `recall_sequence` does, overwriting the slots, without a loop over time."""
    num_lanes, num_steps = ids.shape
    slots = state.slots
    num_slots = slots.shape[2]
    # Place i of a row is the context that waits for character i; the last one still waits when the window ends.
    numbers = torch.cat((state.waiting.unsqueeze(2), _numbers(contexts).transpose(1, 2)), dim=2)  # (B, R, T + 1)
    place, check = _address(numbers, num_slots)
    arrived = (ids + 1).unsqueeze(1).expand(-1, numbers.shape[1], -1)  # (B, R, T)
    places = torch.arange(num_steps, device=ids.device)
    fresh = torch.zeros_like(ids) if resets is None else torch.where(resets, places + 1, 0).cummax(dim=1).values
    fresh = fresh.unsqueeze(1)  # (B, 1, T); contexts before place `fresh` belong to another text
    before, is_last = _neighbours(torch.where(numbers > 0, place, -1))
    met_before = (before >= 0) & (before >= fresh)  # (B, R, T), within this window and this text
    is_last = is_last & (numbers[:, :, :-1] > 0) & (places >= fresh[:, :, -1:])
    at = before.clamp_min(0)
    agrees = met_before & (check.gather(2, at) == check[:, :, 1:])
    stored = torch.where(fresh > 0, 0, slots.gather(2, place[:, :, 1:]))
    old_latest, old_earlier = _unpack(stored, check[:, :, 1:])
    latest = torch.where(met_before, torch.where(agrees, arrived.gather(2, at), 0), old_latest)
    expected = torch.cat((state.expected.unsqueeze(2), latest), dim=2)  # (B, R, T + 1)
    earlier = torch.where(met_before, torch.where(agrees, expected.gather(2, at), 0), old_earlier)
    if resets is not None:
        slots[fresh[:, 0, -1] > 0] = 0
    flat = (torch.arange(num_lanes * slots.shape[1], device=ids.device) * num_slots).view(num_lanes, -1, 1)
    entries = _pack(check[:, :, :-1], arrived, expected[:, :, :-1], dtype=slots.dtype)
    slots.view(-1)[(flat + place[:, :, :-1])[is_last]] = entries[is_last]
    is_kept = numbers[:, :, :-1] > 0
    if resets is not None:
        is_kept = is_kept & ~resets.unsqueeze(1)
    was_right = is_kept & (expected[:, :, :-1] == arrived)
    streak = _streaks(was_right, state.streak)
    recalled = Recalled(*(part.transpose(1, 2) for part in (latest - 1, earlier - 1, streak)))
    return recalled, RecallState(slots, numbers[:, :, -1], latest[:, :, -1], streak[:, :, -1])


def agreement(recalled: Recalled) -> Tensor:
    """Return 1 where a context's two latest followers are one symbol, float32 (..., R)."""
    return ((recalled.latest == recalled.earlier) & (recalled.latest >= 0)).float()


def endurance(recalled: Recalled) -> Tensor:
    """Return how long the recalls have been right: the logarithm of 1 + the streak, float32 (..., R)."""
    return recalled.streak.float().log1p()


def silenced(recalled: Recalled, *, max_streak: int) -> Recalled:
    """Return what is recalled, but nothing in a lane where any context was right more than `max_streak` times in a
    row."""
    is_repeating = (recalled.streak > max_streak).any(dim=-1, keepdim=True)
    return Recalled(
        recalled.latest.masked_fill(is_repeating, NO_SYMBOL),
        recalled.earlier.masked_fill(is_repeating, NO_SYMBOL),
        recalled.streak.masked_fill(is_repeating, 0),
    )


def _streaks(was_right: Tensor, before: Tensor) -> Tensor:
    """Return how many in a row were right up to each place, int64 (B, R, T), given how many before the window were."""
    places = torch.arange(1, was_right.shape[2] + 1, device=was_right.device)
    last_wrong = torch.where(was_right, 0, places).cummax(dim=2).values  # 1 + the place; 0 for none in the window
    return places - last_wrong + torch.where(last_wrong == 0, before.unsqueeze(2), 0)


def _neighbours(place: Tensor) -> tuple[Tensor, Tensor]:
    """Find who else uses a slot.

    Args:
        place: int64 (B, R, T + 1), the slot of each context in reading order; -1 for one that has none.

    Returns:
        For every context but the first, the latest one before it that has the same slot, or -1: (B, R, T). And for
        every context but the last, whether none between it and the last has the same slot: bool (B, R, T).
    """
    count = place.shape[2]
    order = (place * count + torch.arange(count, device=place.device)).argsort(dim=2)
    sorted_place = place.gather(2, order)
    is_same = sorted_place[:, :, 1:] == sorted_place[:, :, :-1]  # as the one before it in this order
    before = torch.full_like(place, -1).scatter(2, order[:, :, 1:], torch.where(is_same, order[:, :, :-1], -1))
    is_followed = torch.zeros_like(place, dtype=torch.bool)
    is_followed = is_followed.scatter(2, order[:, :, :-1], is_same & (order[:, :, 1:] < count - 1))
    return before[:, :, 1:], ~is_followed[:, :, :-1]


def _numbers(contexts: Tensor) -> Tensor:
    """Return contexts as numbers from 1 to 2^32."""
    return contexts + FIRST_NUMBER


def _address(numbers: Tensor, num_slots: int) -> tuple[Tensor, Tensor]:
    """Return the slot of each context and the check that tells it from others there."""
    return numbers & (num_slots - 1), (numbers >> CHECK_SHIFT) & CHECK_MASK


def _pack(check: Tensor, latest: Tensor, earlier: Tensor, *, dtype: torch.dtype) -> Tensor:
    bits = _SYMBOL_BITS[dtype]
    entries = (check << (2 * bits)) | (latest << bits) | earlier
    if dtype == torch.int32:
        entries = entries - ((entries >> 31) << 32)  # the upper half of what 32 bits hold is below zero
    return entries.to(dtype)


def _unpack(entries: Tensor, check: Tensor) -> tuple[Tensor, Tensor]:
    """Return 1 + the two followers in each entry, or zero where the check is another context's."""
    bits = _SYMBOL_BITS[entries.dtype]
    mask = (1 << bits) - 1
    entries = entries.long()
    is_own = ((entries >> (2 * bits)) & CHECK_MASK) == check
    latest = torch.where(is_own, (entries >> bits) & mask, 0)
    return latest, torch.where(is_own, entries & mask, 0)
