"""What a training looks like from outside: the page of a run, the 2017 system's display, figures for TensorBoard."""
