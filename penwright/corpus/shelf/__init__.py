"""Relations between the books of a shelf: titles, splits, copies and editions."""
