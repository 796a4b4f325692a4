"""The folder of a run on disk, and the checkpoints in it."""
