"""How well an author predicts text: held-out books, any text paragraph by paragraph, and the 2017 system's own measure.

Everything is in bits per character of the text, so that authors with different alphabets can be compared.
"""
