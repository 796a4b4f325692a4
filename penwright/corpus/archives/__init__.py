"""Archives of books: what is in them, and the bytes of one member. Nothing is unpacked to disk."""
