"""Files -> text -> one memory-mapped corpus of ids, with every book's place in it."""
