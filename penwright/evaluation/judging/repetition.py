"""How varied a page is, and how often it says again what it has said.

Every figure depends on the length of the page, so pages are compared only with pages of the same length.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

Gram = tuple[str, ...]
LOOP_CHARS = 40
"""Characters of a span that counts as a loop where it stands again."""


def grams_of(words: Sequence[str], size: int) -> list[Gram]:
    """Return all runs of `size` words, in order."""
    return list(zip(*(words[start:] for start in range(size)), strict=False))


def count_distinct(words: Sequence[str], size: int) -> int:
    """Return the number of different runs of `size` words.

    Divided by the number of words, it is distinct-n (Li et al. 2016, "A Diversity-Promoting Objective Function for
    Neural Conversation Models"). For `size` 4, the number of all runs less that of different ones, divided
    by the former, is seq-rep-4 (Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training").
    Theirs are of subwords, these are of words.
    """
    return len(set(grams_of(words, size)))


def count_elsewhere(grams: Sequence[Sequence[Gram]]) -> list[int]:
    """Return for each page how many of its runs of words stand on another page too.

    Args:
        grams: Runs of words of each page.
    """
    pages = Counter(gram for page in grams for gram in set(page))
    return [sum(pages[gram] > 1 for gram in page) for page in grams]


def zipf_exponent(words: Iterable[str]) -> float | None:
    """Return the exponent s of Zipf's law, frequency ~ rank^-s. The more a few words are used, the larger it is.

    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", compare it for texts of machines and of
    people. It is fitted here by least squares over the logarithms of all ranks, words of equal frequency in
    any order. None for fewer than two different words.
    """
    counts = sorted(Counter(words).values(), reverse=True)
    if len(counts) < 2:
        return None
    xs = [math.log(rank) for rank in range(1, len(counts) + 1)]
    ys = [math.log(count) for count in counts]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return -slope / sum((x - mean_x) ** 2 for x in xs)


def count_looped(text: str) -> int:
    """Return the number of characters that lie in a span of LOOP_CHARS which stood in the text before."""
    looped = covered = 0  # everything before `covered` is counted
    seen = set[str]()
    for start in range(len(text) - LOOP_CHARS + 1):
        span = text[start : start + LOOP_CHARS]
        if span in seen:
            looped += start + LOOP_CHARS - max(covered, start)
            covered = start + LOOP_CHARS
        seen.add(span)
    return looped


def loop_share(texts: Iterable[str]) -> float:
    """Return the share of all characters that `count_looped` counts in each text, 0 to 1."""
    texts = list(texts)
    return sum(map(count_looped, texts)) / max(1, sum(map(len, texts)))
