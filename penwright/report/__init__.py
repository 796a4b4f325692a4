"""Show a run: its page, the 2017 system's display, figures for TensorBoard."""
