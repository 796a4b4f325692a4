"""The memory of the text being read, lane by lane and character by character.

See `model.context_models.match` for what it is and how a slot is made up.

Shapes: B = lanes, T = characters per window, R = orders remembered, S = slots a table.
"""

from typing import Any

from penwright.kernels.running import kernel

FIRST_NUMBER = (1 << 31) + 1
"""What is added to a context, so that the lowest of 32 bits gets the number 1."""
CHECK_SHIFT = 16
"""Bits of a number below its check."""
CHECK_MASK = (1 << CHECK_SHIFT) - 1
"""The check, shifted down."""


@kernel
def recall_window(
    first: int,
    stop: int,
    ids: Any,
    contexts: Any,
    resets: Any,
    bits: int,
    slots: Any,
    waiting: Any,
    expected: Any,
    streaks: Any,
    latest: Any,
    earlier: Any,
    streak: Any,
) -> None:
    """Read a window in some lanes, whose state becomes that after it.

    Args:
        first, stop: Which lanes.
        ids: int64 (B, T).
        contexts: int64 (B, T, R) of 32 bits.
        resets: bool (B, T), or (0, 0) for none.
        bits: Of a follower in a slot.
        slots, waiting, expected, streaks: The state: int32 or int64 (B, R, S), and int64 (B, R) each.
        latest, earlier, streak: int64 (B, T, R), what is recalled.
    """
    mask, num_orders, num_slots = (1 << bits) - 1, slots.shape[1], slots.shape[2]
    for lane in range(first, stop):
        begun = -1  # where the latest text in this window began
        for time in range(ids.shape[1]):
            if len(resets) and resets[lane, time]:
                _forget(lane, begun, time, contexts, slots)
                begun = time
                waiting[lane] = 0
                expected[lane] = 0
            arrived = ids[lane, time] + 1
            for order in range(num_orders):
                number, awaited = waiting[lane, order], expected[lane, order]
                if number > 0:
                    check = number >> CHECK_SHIFT & CHECK_MASK
                    slots[lane, order, number & (num_slots - 1)] = check << (2 * bits) | arrived << bits | awaited
                was_right = number > 0 and awaited == arrived
                count = streaks[lane, order] + 1 if was_right else 0
                number = contexts[lane, time, order] + FIRST_NUMBER
                entry = slots[lane, order, number & (num_slots - 1)]
                is_own = (entry >> (2 * bits) & CHECK_MASK) == (number >> CHECK_SHIFT & CHECK_MASK)
                follower = (entry >> bits & mask) if is_own else 0
                latest[lane, time, order] = follower - 1
                earlier[lane, time, order] = ((entry & mask) if is_own else 0) - 1
                streak[lane, time, order] = count
                waiting[lane, order], expected[lane, order], streaks[lane, order] = number, follower, count


@kernel
def _forget(lane: int, begun: int, time: int, contexts: Any, slots: Any) -> None:
    """Clear a lane's slots before a new text; those of a text that began in this window hold no more than it wrote."""
    num_orders, num_slots = slots.shape[1], slots.shape[2]
    if begun < 0:
        slots[lane] = 0
        return
    for before in range(begun, time):
        for order in range(num_orders):
            slots[lane, order, (contexts[lane, before, order] + FIRST_NUMBER) & (num_slots - 1)] = 0
