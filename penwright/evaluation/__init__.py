"""How well an author predicts text: held-out books, any text paragraph by paragraph, and the 2017 system's own measure.

Everything is in bits per character of the text, so that authors with different alphabets can be compared.
"""

from penwright.evaluation.books import BookScore as BookScore
from penwright.evaluation.books import Total as Total
from penwright.evaluation.books import evaluate as evaluate
from penwright.evaluation.books import total as total
from penwright.evaluation.seed import SeedValidation as SeedValidation
from penwright.evaluation.seed import seed_validation as seed_validation
from penwright.evaluation.texts import ParagraphScore as ParagraphScore
from penwright.evaluation.texts import TextScore as TextScore
from penwright.evaluation.texts import character_bits as character_bits
from penwright.evaluation.texts import score_text as score_text
