"""What followed each context on the whole shelf, counted: contexts as numbers, and tables of followers."""
