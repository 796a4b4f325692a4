"""The contestants of `learning.py`, each written as a careful user of its tool would write it."""
