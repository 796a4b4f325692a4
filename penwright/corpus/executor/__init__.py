"""Work divided among processes, in memory that is given back."""
