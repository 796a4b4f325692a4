"""Alphabets whose symbols may stand for several characters: byte pairs and words, cut and spelled without loss."""
