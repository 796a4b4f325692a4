"""Ids and state -> logits and state: a stack of cells, and context models beside it.

Nothing is imported here, so that the configuration of a model can be read without torch.
"""
