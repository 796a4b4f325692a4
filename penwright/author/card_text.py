"""Show a card as lines of plain text, for a terminal or a page.

Titles and names may come from a stranger's file, so characters that are not printable are replaced. This module knows
nothing of files.
"""

from penwright.alphabet.characters import Alphabet
from penwright.author.card import SPLITS, Card, CardBook
from penwright.errors import counted, printable
from penwright.evaluation.book_score import BookScore
from penwright.model.config import ModelConfig

SHOWN_ROWS = 20


def card_lines(
    card: Card,
    *,
    model_config: ModelConfig,
    alphabet: Alphabet,
    num_parameters: int,
    counts: tuple[int, int] | None,
    file_bytes: int,
) -> list[str]:
    """Return the card as lines of printable text, with long lists cut short.

    Args:
        card: Card to show.
        model_config: Shape of the author's model.
        alphabet: Alphabet of the author.
        num_parameters: Number of weights and biases of the model.
        counts: Contexts and successors of its n-gram tables, None if it consults none.
        file_bytes: Size of the author's file in bytes.
    """
    shelf = _shelf(card)
    made = [
        card.created or "at an unknown time",
        *([f"preset {card.preset}"] if card.preset else []),
        f"seed {card.seed}",
    ]
    entries = {
        "author": card.name or "unnamed",
        "books": f"{card.num_whole_books:,}: {', '.join(shelf)}" if shelf else "unknown",
        "predicts": _prediction(card),
        "beside": ", ".join(f"{bits:.3f} {name}" for name, bits in card.baselines.items()),
        "known": f"the author it began from has learned from {counted(card.num_known, 'book')} of this shelf before. "
        "Scores on them say nothing about new books."
        if card.num_known
        else "",
        "learned": f"{counted(card.chars_read, 'character')} in {counted(card.steps, 'step')}, "
        f"{_duration(card.training_seconds)}",
        "network": f"{model_config.cell}, {model_config.num_layers} x {model_config.hidden_size}, "
        f"{counted(num_parameters, 'parameter')}",
        "counts": f"{counted(counts[0], 'context')} with {counted(counts[1], 'successor')}" if counts else "",
        "file": f"{counted(file_bytes, 'byte')}",
        "alphabet": f"{alphabet.kind}, {counted(alphabet.vocab_size, 'symbol')}",
        "made": ", ".join(made),
        "machine": ", ".join(f"{name} {value}" for name, value in card.machine.items()),
        "versions": ", ".join(f"{name} {value}" for name, value in card.versions.items()),
        "corpus": card.corpus_digest,
        "rights": card.licence_note,
    }
    symbols = "characters" if alphabet.unit == "characters" else "symbols"
    lines = [f"{label:<9} {value}" for label, value in entries.items() if value]
    rows = [f"{label.num_chars:>11,}  {label.name}" for label in card.labels]
    lines += _table("labels, for --as: characters of their books", rows, num_rows=len(rows))
    for split, scores in (("val", card.val_scores), ("test", card.test_scores)):
        rows = [f"{score.bits_per_char:6.3f}  {100 * score.accuracy:4.1f} %  {_named(score)}" for score in scores]
        lines += _table(f"{split}: bits per character and {symbols} guessed right, by book", rows, num_rows=len(rows))
    rows = [f"{book.split:<5}  {book.num_chars:>11,}  {_named(book)}" for book in card.books[:SHOWN_ROWS]]
    lines += _table("books: split, characters, title", rows, num_rows=card.num_books)
    return [printable(line) for line in lines]


def _prediction(card: Card) -> str:
    if card.bits_per_char is None:
        return "no held-out books"
    what = "passages from the ends of the same books" if card.holds_out_passages else "held-out books"
    said = f"{card.bits_per_char:.3f} bits per character of {what}"
    held_out = [book for book in card.books[: len(card.books) - card.num_earlier] if book.split == "val"]
    scored, in_all = sum(score.num_chars for score in card.val_scores), sum(book.num_chars for book in held_out)
    if not 0 < scored < in_all:
        return said
    num_books = f"{len(card.val_scores):,} of {counted(len(held_out), 'book')}"
    return f"{said}, measured on {scored:,} of {counted(in_all, 'character')}, {num_books}"


def _shelf(card: Card) -> list[str]:
    """Return the numbers of books and of held-out passages by split."""
    held_out = set(card.passages)
    parts: list[str] = []
    for split in SPLITS:
        rows = [book for book in card.books if book.split == split]
        passages = [book for book in rows if book in held_out]
        whole = [book for book in rows if book not in held_out]
        for what, found in ((f"{len(whole):,} {split}", whole), (counted(len(passages), f"{split} passage"), passages)):
            if found:
                parts.append(f"{what} ({counted(sum(book.num_chars for book in found), 'character')})")
    return parts


def _table(heading: str, rows: list[str], *, num_rows: int) -> list[str]:
    if not rows:
        return []
    shown = rows[:SHOWN_ROWS]
    rest = [f"  and {num_rows - len(shown):,} more"] if num_rows > len(shown) else []
    return ["", heading, *(f"  {row}" for row in shown), *rest]


def _named(book: CardBook | BookScore) -> str:
    return f"{book.title} ({book.author})" if book.author else book.title


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
