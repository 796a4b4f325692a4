"""Rolling hashes of the contexts of characters, lane by lane and character by character.

Integers wrap around at 64 bits. The formulas are in `ngrams.contexts`.

Shapes: B = lanes, T = symbols per window, V = vocab_size, O = kinds made of so many symbols, K = all kinds,
W = numbers that are remembered about words: 4, or 7 for kinds with settings.
"""

from typing import Any

import numpy as np

from penwright.kernels.compiling import kernel

LETTER = 1
"""Bit in the mark of a symbol that words are made of or, where symbols are subwords, that goes on with a word."""
QUOTATION, BRACKET = 1, 2
"""Bits for an open quotation and an open bracket."""
OPEN = QUOTATION | BRACKET
CLOSES, TOGGLES = 1, 3
"""Shifts of two copies of these bits in a mark: what the symbol closes, and what it then toggles between open and
closed."""
MIN_CONTENT = 4
"""Smallest number of symbols of a content word. Most articles, conjunctions and prepositions are shorter, in the
languages that have any."""
_NUM_WORDS = 4


@kernel
def name_contexts(
    first: int,
    stop: int,
    ids: Any,
    resets: Any,
    marks: Any,
    orders: Any,
    leaving: Any,
    salts: Any,
    factors: Any,
    has_joints: bool,
    recent: Any,
    words: Any,
    is_word: Any,
    contexts: Any,
) -> None:
    """Fill the contexts of some lanes, and replace the state.

    Args:
        first, stop: Slice of the lanes.
        ids: int64 (B, T).
        resets: bool (B, T), or (0, 0) for none.
        marks: uint8 (V,), see `ngrams.letters.marks_of`.
        orders: int64 (O,), number of symbols of each kind, rising.
        leaving: int64 (O,), weight of the symbol that leaves each rolling hash.
        salts: int64 (K,).
        factors: int64 (4,): of a hash for each symbol, of words joined in two ways, and of the spreading of bits.
        has_joints: See `ContextKinds`.
        recent: int64 (B, R), the last symbols, oldest first.
        words: int64 (B, W): hashes of the present run and of the three words before it. With settings, the hash of
            the last content word, the number of symbols of the present run, and the bits of what is open follow.
        is_word: bool (B,), True if the last symbol was marked.
        contexts: int64 (B, T, K), to be filled with 32 bits each, signed.
    """
    reach, num_steps, num_orders = recent.shape[1], ids.shape[1], len(orders)
    has_settings = words.shape[1] > _NUM_WORDS
    power, join, join_other, spread = factors[0], factors[1], factors[2], factors[3]
    hashes = np.zeros(num_orders, np.int64)
    seen = np.zeros(reach + num_steps, np.int64)
    for lane in range(first, stop):
        for at in range(reach):
            seen[at] = recent[lane, at]
        for at in range(num_steps):
            seen[reach + at] = ids[lane, at]
        for order in range(num_orders):
            hashes[order] = 0
            for at in range(max(0, reach - orders[order]), reach):
                hashes[order] = hashes[order] * power + seen[at]
        run, last, before, third = words[lane, 0], words[lane, 1], words[lane, 2], words[lane, 3]
        content, length, open_bits = np.int64(0), np.int64(0), np.int64(0)
        if has_settings:
            content, length, open_bits = words[lane, 4], words[lane, 5], words[lane, 6]
        was_word, begin = is_word[lane], 0  # nothing before `begin` belongs to this text
        for time in range(num_steps):
            here = reach + time
            if len(resets) and resets[lane, time]:
                hashes[:] = 0
                run, last, before, third = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
                content, length, open_bits = np.int64(0), np.int64(0), np.int64(0)
                was_word, begin = False, here
            symbol = seen[here]
            for order in range(num_orders):
                leaves = here - orders[order]
                oldest = seen[leaves] if leaves >= begin else np.int64(0)
                hashes[order] = hashes[order] * power + symbol - oldest * leaving[order]
                contexts[lane, time, order] = ((hashes[order] ^ salts[order]) * spread) >> 32
            mark = np.int64(marks[symbol])
            letter = mark & LETTER != 0
            begins = not letter if has_joints else letter != was_word
            if not letter if has_joints else was_word and not letter:
                third, before, last = before, last, run
                content = run if length >= MIN_CONTENT else content
            length = np.int64(1) if begins else length + 1
            run = symbol if begins else run * power + symbol
            was_word = letter
            one = run * join + last
            two = one * join_other + before
            three = two * join + third
            skipping = run * join_other + before
            contexts[lane, time, num_orders] = ((one ^ salts[num_orders]) * spread) >> 32
            contexts[lane, time, num_orders + 1] = ((two ^ salts[num_orders + 1]) * spread) >> 32
            contexts[lane, time, num_orders + 2] = ((three ^ salts[num_orders + 2]) * spread) >> 32
            contexts[lane, time, num_orders + 3] = ((skipping ^ salts[num_orders + 3]) * spread) >> 32
            if has_settings:
                open_bits = (open_bits & ~(mark >> CLOSES)) ^ (mark >> TOGGLES & OPEN)
                about, inside = run * join_other + content, run * join_other + open_bits
                contexts[lane, time, num_orders + 4] = ((about ^ salts[num_orders + 4]) * spread) >> 32
                contexts[lane, time, num_orders + 5] = ((inside ^ salts[num_orders + 5]) * spread) >> 32
        for at in range(reach):
            recent[lane, at] = seen[num_steps + at] if num_steps + at >= begin else 0
        words[lane, 0], words[lane, 1], words[lane, 2], words[lane, 3] = run, last, before, third
        if has_settings:
            words[lane, 4], words[lane, 5], words[lane, 6] = content, length, open_bits
        is_word[lane] = was_word
