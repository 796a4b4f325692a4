"""Paths -> books: files, folders, archives, manifests, and the shelves that can be fetched."""
