"""Paths -> books: files, folders, archives, manifests, and shelves that can be fetched."""
