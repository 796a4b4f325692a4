"""The passes over all books of a shelf, each in constant memory: clean, encode, make subwords."""
