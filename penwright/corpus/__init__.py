"""Files -> text -> one memory-mapped corpus of ids, with the position of every book."""
