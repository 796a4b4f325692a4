"""What a person sees of a training, a shelf and an author, at a terminal and beside it."""
