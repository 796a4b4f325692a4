"""The file that an author is kept in: written whole, read with suspicion."""
