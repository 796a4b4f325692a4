"""Equal keys of a sorted list counted in one pass. The keys are explained in `ngrams.counting`.

Shapes: N = keys in the list.
"""

from typing import Any

from penwright.kernels.compiling import kernel


@kernel
def count_equal(keys: Any, most: int, size: Any) -> None:
    """Replace keys int64 (N,), rising, whose lowest bits are zero, by one for each distinct one plus its count.

    Args:
        keys: The remaining keys stand at the beginning.
        most: The largest count that the lowest bits hold; a larger one is spread over several keys.
        size: int64 (1,), to be set to the number of remaining keys.
    """
    done, index = 0, 0
    while index < len(keys):
        key, count = keys[index], 0
        while index < len(keys) and keys[index] == key:
            count += 1
            index += 1
        while count > most:
            keys[done] = key | most
            done += 1
            count -= most
        keys[done] = key | count
        done += 1
    size[0] = done


@kernel
def add_up(
    keys: Any,
    min_count: int,
    contexts: Any,
    sizes: Any,
    symbols: Any,
    counts: Any,
    counts_of_counts: Any,
    num_found: Any,
) -> None:
    """Add up rising keys int64 (N,): context (32 bits, signed), successor (16 bits), count (16 bits).

    Args:
        keys: Several keys of one context and successor are allowed.
        min_count: Smallest count of a context that is not left out.
        contexts, sizes: int32 (N,), to be filled from the beginning: each context and its number of successors.
        symbols, counts: uint16 and int32 (N,), to be filled: all successors and their counts.
        counts_of_counts: int64 (5,), to be added to: numbers of pairs with a count of one, two, three and four.
        num_found: int64 (2,), to be set to the numbers of contexts and successors filled in.
    """
    index, num_contexts, num_successors = 0, 0, 0
    while index < len(keys):
        context, begin, total = keys[index] >> 32, num_successors, 0
        while index < len(keys) and keys[index] >> 32 == context:
            pair, count = keys[index] >> 16, 0
            while index < len(keys) and keys[index] >> 16 == pair:
                count += keys[index] & 0xFFFF
                index += 1
            if count < len(counts_of_counts):
                counts_of_counts[count] += 1
            symbols[num_successors] = pair & 0xFFFF
            counts[num_successors] = count
            num_successors += 1
            total += count
        if total < min_count:
            num_successors = begin
            continue
        contexts[num_contexts] = context
        sizes[num_contexts] = num_successors - begin
        num_contexts += 1
    num_found[0], num_found[1] = num_contexts, num_successors
