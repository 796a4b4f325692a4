"""Source code among the books: how it is recognised, and which files nobody wrote."""
