"""What an author's pages are like, beside pages of the shelf's held-out books, measured in the same way."""
