"""Where tests find things: the checkout, the little books of our own, and larger corpora where they lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELF = ROOT / "tests" / "shelf"
CORPORA = ROOT.parent / "shared" / "corpora"
