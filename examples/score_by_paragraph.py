"""Find the paragraphs of a text that surprise an author most.

    python examples/score_by_paragraph.py runs/first page.txt

What an author takes for granted costs few bits per character; what it would never have written costs many.
"""

import argparse
from pathlib import Path

from penwright import Author


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("author", type=Path, help="an author file, or the folder of a run")
    parser.add_argument("text", type=Path)
    parser.add_argument("--show", type=int, default=5, help="how many paragraphs")
    arguments = parser.parse_args()

    author = Author.load(arguments.author)
    score = author.score(arguments.text.read_text(encoding="utf-8"))
    print(f"{score.bits_per_char:.2f} bits per character in {len(score.paragraphs)} paragraphs. Most surprising:")
    ranked = sorted(score.paragraphs, key=lambda paragraph: paragraph.bits_per_char, reverse=True)
    for paragraph in ranked[: arguments.show]:
        print(f"{paragraph.bits_per_char:6.2f}  {' '.join(paragraph.text.split())[:70]}")


if __name__ == "__main__":
    main()
