"""How many slips of the pen does an author find?

    python benchmarks/slips.py FILE [--chars 60000] [--share 0.02] [--seed 1]

Puts a slip into some words of a text that the author in the box has not read: a letter left out, added, changed or
exchanged with its neighbour. Then counts those found, those for which the right word is named, and other words named.
"""

import argparse
import random
import re
import string
import time
from pathlib import Path

from penwright import Author
from penwright.report.close_reading import read_closely

_PARTS = re.compile(r"\w+|\W+")


def with_slips(text: str, *, share: float, seed: int) -> tuple[str, dict[int, tuple[str, str]]]:
    """Return a text with slips, and each slip with the word that was meant, by the index of its first character."""
    draw = random.Random(seed)
    parts: list[str] = []
    slips: dict[int, tuple[str, str]] = {}
    position = 0
    for match in _PARTS.finditer(text):
        word = match.group()
        if word.isalpha() and word.islower() and len(word) >= 4 and draw.random() < share:
            at, kind, letter = draw.randrange(1, len(word)), draw.randrange(4), draw.choice(string.ascii_lowercase)
            slip = (
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            )[kind]
            if slip != word:
                slips[position] = slip, word
                word = slip
        parts.append(word)
        position += len(word)
    return "".join(parts), slips


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--chars", type=int, default=60_000)
    parser.add_argument("--skip", type=int, default=3_000, help="characters left out at the beginning")
    parser.add_argument("--share", type=float, default=0.02, help="share of the words that get a slip")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    text = arguments.file.read_text(encoding="utf-8")[arguments.skip :][: arguments.chars]
    text, slips = with_slips(text, share=arguments.share, seed=arguments.seed)
    began = time.perf_counter()
    reading = read_closely(Author.from_box(), text)
    took = time.perf_counter() - began
    found = {typo.start: typo for typo in reading.typos}
    right = sum(start in found and found[start].instead == word for start, (_, word) in slips.items())
    others = [f"{typo.word} -> {typo.instead}" for typo in reading.typos if typo.start not in slips]
    missed = [f"{slip} ({word})" for start, (slip, word) in slips.items() if start not in found]
    print(f"{len(slips)} slips: {len(slips) - len(missed)} found, {right} with the right word, in {took:.0f} s")
    print(f"{len(others)} others: {', '.join(others)}")
    print(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
