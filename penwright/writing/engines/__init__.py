"""What computes while an author writes: the plain steps of torch, or one compiled step without torch. One interface."""
