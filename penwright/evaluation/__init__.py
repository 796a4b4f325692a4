"""Score how well an author predicts held-out books or any text, and baselines to compare with.

All scores are bits per character of the text, so that authors with different alphabets can be compared.
"""
