"""Training: a corpus in, records out, and a run folder that can always be resumed."""
