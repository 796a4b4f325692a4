"""Choose the size of a network for a given time, and forecast its author."""
