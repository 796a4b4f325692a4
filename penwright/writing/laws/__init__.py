"""Laws of writing, each a guide: it reads the text and changes what may come next, and how probable it is."""
