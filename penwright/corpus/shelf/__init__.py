"""What the books of a shelf have to do with one another: titles, splits, copies and editions."""
