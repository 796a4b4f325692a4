"""Optimizers, and the learning-rate schedule that they follow."""
