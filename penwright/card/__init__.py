"""The card of an author: where it comes from and how well it writes, as data and as lines of text."""

from penwright.card.fields import Card as Card
from penwright.card.fields import CardBook as CardBook
from penwright.card.fields import listed_books as listed_books
from penwright.card.fields import listed_scores as listed_scores
from penwright.card.fields import shortened as shortened
from penwright.card.lines import card_lines as card_lines
