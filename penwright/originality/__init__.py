"""How much of a text stands in the training books word for word, and a limit to it while an author writes."""
