"""The match model, lane by lane and character by character. `model.context_models.match` explains it and its slots.

Shapes: B = lanes, T = characters per window, R = kinds of context, S = slots of each.
"""

from typing import Any

from penwright.kernels.compiling import kernel

FIRST_NUMBER = (1 << 31) + 1
"""Addend of a context, so that the lowest of 32 bits gets the number 1."""
CHECK_SHIFT = 16
"""Number of bits below a number's check."""
CHECK_MASK = (1 << CHECK_SHIFT) - 1
"""Mask of the check, shifted down."""


@kernel
def match_window(
    first: int,
    stop: int,
    ids: Any,
    contexts: Any,
    resets: Any,
    bits: int,
    slots: Any,
    waiting: Any,
    expected: Any,
    lengths: Any,
    latest: Any,
    earlier: Any,
    length: Any,
) -> None:
    """Read a window in some lanes.

    Args:
        first, stop: Slice of the lanes.
        ids: int64 (B, T).
        contexts: int64 (B, T, R) of 32 bits.
        resets: bool (B, T), or (0, 0) for none.
        bits: Number of bits of a successor in a slot.
        slots, waiting, expected, lengths: The state, to be replaced: int32 or int64 (B, R, S), and int64 (B, R) each.
        latest, earlier, length: int64 (B, T, R), the match, to be filled.
    """
    mask, num_kinds, num_slots = (1 << bits) - 1, slots.shape[1], slots.shape[2]
    for lane in range(first, stop):
        begun = -1  # where the latest text in this window began
        for time in range(ids.shape[1]):
            if len(resets) and resets[lane, time]:
                _forget(lane, begun, time, contexts, slots)
                begun = time
                waiting[lane] = 0
                expected[lane] = 0
            arrived = ids[lane, time] + 1
            for kind in range(num_kinds):
                number, awaited = waiting[lane, kind], expected[lane, kind]
                if number > 0:
                    check = number >> CHECK_SHIFT & CHECK_MASK
                    slots[lane, kind, number & (num_slots - 1)] = check << (2 * bits) | arrived << bits | awaited
                was_right = number > 0 and awaited == arrived
                count = lengths[lane, kind] + 1 if was_right else 0
                number = contexts[lane, time, kind] + FIRST_NUMBER
                entry = slots[lane, kind, number & (num_slots - 1)]
                is_own = (entry >> (2 * bits) & CHECK_MASK) == (number >> CHECK_SHIFT & CHECK_MASK)
                successor = (entry >> bits & mask) if is_own else 0
                latest[lane, time, kind] = successor - 1
                earlier[lane, time, kind] = ((entry & mask) if is_own else 0) - 1
                length[lane, time, kind] = count
                waiting[lane, kind], expected[lane, kind], lengths[lane, kind] = number, successor, count


@kernel
def _forget(lane: int, begun: int, time: int, contexts: Any, slots: Any) -> None:
    """Clear a lane's slots before a new text; those of a text that began in this window hold no more than it wrote."""
    num_kinds, num_slots = slots.shape[1], slots.shape[2]
    if begun < 0:
        slots[lane] = 0
        return
    for before in range(begun, time):
        for kind in range(num_kinds):
            slots[lane, kind, (contexts[lane, before, kind] + FIRST_NUMBER) & (num_slots - 1)] = 0
