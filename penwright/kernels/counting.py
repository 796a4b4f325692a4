"""Equal numbers of a sorted list counted in one pass. What the numbers mean stands in `ngrams.counting`.

Shapes: N = numbers in the list.
"""

from typing import Any

from penwright.kernels.running import kernel


@kernel
def count_equal(keys: Any, most: int, size: Any) -> None:
    """Replace keys int64 (N,), rising, whose lowest bits are zero, by one for each distinct one, its number added.

    Args:
        keys: What is left stands at the beginning.
        most: The largest number that the lowest bits hold; a larger one is spread over several keys.
        size: int64 (1,), to be set to how many are left.
    """
    done, place = 0, 0
    while place < len(keys):
        key, number = keys[place], 0
        while place < len(keys) and keys[place] == key:
            number += 1
            place += 1
        while number > most:
            keys[done] = key | most
            done += 1
            number -= most
        keys[done] = key | number
        done += 1
    size[0] = done


@kernel
def add_up(
    keys: Any, min_met: int, contexts: Any, sizes: Any, symbols: Any, numbers: Any, met: Any, num_found: Any
) -> None:
    """Add up rising keys int64 (N,): context (32 bits, signed), follower (16 bits), number (16 bits).

    Args:
        keys: Keys of one context and follower may be many.
        min_met: Contexts that were met less often are left out.
        contexts, sizes: int32 (N,), to be filled from the beginning: each context and how many followers it has.
        symbols, numbers: uint16 and int32 (N,), to be filled: the followers of all, and how often each followed.
        met: int64 (5,), to which is added how many pairs were met once, twice, thrice and four times.
        num_found: int64 (2,), to be set to how many contexts and followers were filled in.
    """
    place, num_contexts, num_followers = 0, 0, 0
    while place < len(keys):
        context, begin, total = keys[place] >> 32, num_followers, 0
        while place < len(keys) and keys[place] >> 32 == context:
            pair, number = keys[place] >> 16, 0
            while place < len(keys) and keys[place] >> 16 == pair:
                number += keys[place] & 0xFFFF
                place += 1
            if number < len(met):
                met[number] += 1
            symbols[num_followers] = pair & 0xFFFF
            numbers[num_followers] = number
            num_followers += 1
            total += number
        if total < min_met:
            num_followers = begin
            continue
        contexts[num_contexts] = context
        sizes[num_contexts] = num_followers - begin
        num_contexts += 1
    num_found[0], num_found[1] = num_contexts, num_followers
