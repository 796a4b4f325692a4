"""Gradients -> changes of the weights: optimizers and the rate that they follow."""
