"""N-gram tables of the whole shelf: hashed contexts, counting, discounting, pruning."""
