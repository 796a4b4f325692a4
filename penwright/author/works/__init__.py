"""A long work: chapters written one after another, taken up again after a kill, as Markdown, plain text or EPUB."""
