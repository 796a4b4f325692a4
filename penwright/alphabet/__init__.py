"""Text <-> ids, without loss: alphabets of characters, and of subwords learned from the books."""
