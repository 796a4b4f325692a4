"""Bytes -> text: which encoding it is, and what could not be read."""
