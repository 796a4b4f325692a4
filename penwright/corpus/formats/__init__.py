"""Bytes -> text: encodings, HTML, EPUB, tables."""
