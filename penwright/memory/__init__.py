"""Memory: what was freed is given back to the system, and what is too long to be held lies on the disk."""
