"""Sequence forms with gradients of their own: only what must be sequential stays in the time loop.

Each is a `torch.autograd.Function` over time-major memory. Whatever does not depend on the previous step (derivatives
of the gates, weight gradients) is one operation over the whole window, before or after the loop. The plain twin of each
is its layer's `step` in a loop, `penwright.model.cells.base.unrolled`.

Shapes: B = lanes, T = characters per window, H = hidden_size.
"""
