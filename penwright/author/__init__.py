"""The card of an author: where it comes from and how well it writes, as data and as lines of text."""
