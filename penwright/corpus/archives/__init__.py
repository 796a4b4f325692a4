"""Archives -> bytes: the members of an archive and the bytes of one member. Nothing is unpacked to disk."""
