"""Score how well an author predicts held-out books or any text, beside baselines, and say what its own writing is like.

All scores are bits per character of the text, so that authors with different alphabets can be compared.
"""
