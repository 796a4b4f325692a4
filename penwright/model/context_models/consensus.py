"""The consensus of the context models: numbers that say how far they agree and how sure each of them is.

A matched symbol deserves more trust where other contexts of the match model expect it too, and where the n-grams find
it likely. An n-gram distribution deserves more trust where it is sharp. The other inputs of a network say this only
indirectly, and without these numbers an author trusts matches and n-grams too much in texts unlike its shelf.

`consensus_of` is the form for processors, one pass over memory; `plain_consensus` is its twin that torch carries out.

Shapes: M = n-gram distributions, V = vocab_size, W = distributions that are inputs, R = contexts of the match model,
D = numbers of the consensus.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.consensus import CENTRE, SCALE, TYPICAL, fill_consensus
from penwright.model.context_models.match import Match
from penwright.model.context_models.ngram_lookup import Predictions


def consensus_of(ngrams: Predictions | None, match: Match | None, inputs: Sequence[int]) -> Tensor:
    """Return the consensus of both, or of the one that there is.

    Args:
        ngrams: log_probs (..., M, V).
        match: Each (..., R).
        inputs: The numbers of the W distributions.

    Returns:
        float32 (..., D), D = R + W * R + 2 * M. Each number is centred and scaled.

        - For each context of the match model, the share of contexts that expect its symbol, itself included, less the
          share that expects another; zero where it expects none.
        - For each of the W distributions and each matched symbol, the logarithm of its probability; zero for no symbol.
        - The entropy of each distribution, and then the logarithm of the highest probability in each.

        Parts for which there are no n-grams or no match are left out.
    """
    if ngrams is None or match is None:
        return plain_consensus(ngrams, match, inputs)
    *shape, num_kinds = match.latest.shape
    num_outputs = ngrams.log_probs.shape[-2]
    consensus = ngrams.log_probs.new_empty(
        match.latest.shape[:-1].numel(), num_kinds * (1 + len(inputs)) + 2 * num_outputs
    )
    if not running.can_run(len(consensus), exact=(ngrams.log_probs,)):
        return plain_consensus(ngrams, match, inputs)
    rows = ngrams.log_probs.flatten(0, -3).contiguous(), match.latest.flatten(0, -2).contiguous()
    running.run(fill_consensus, len(consensus), torch.tensor(inputs), *rows, consensus, work=rows[0].numel())
    return consensus.view(*shape, -1)


def plain_consensus(ngrams: Predictions | None, match: Match | None, inputs: Sequence[int]) -> Tensor:
    """Do the same as `consensus_of`, left to torch."""
    parts = []
    if match is not None:
        latest = match.latest
        is_known = latest >= 0
        both = is_known.unsqueeze(-1) & is_known.unsqueeze(-2)  # (..., R, R)
        votes = torch.where(latest.unsqueeze(-1) == latest.unsqueeze(-2), 1.0, -1.0) * both
        parts.append(votes.sum(dim=-1) / latest.shape[-1])
    if ngrams is not None and match is not None:
        asked = latest.clamp_min(0).unsqueeze(-2).expand(*latest.shape[:-1], len(inputs), -1)  # (..., W, R)
        log_probs = ngrams.log_probs[..., inputs, :].gather(-1, asked)
        parts.append(((log_probs + float(CENTRE)) * float(SCALE) * is_known.unsqueeze(-2)).flatten(-2))
    if ngrams is not None:
        entropy = -(ngrams.log_probs * ngrams.log_probs.exp()).sum(dim=-1)
        parts += [entropy - float(TYPICAL), ngrams.log_probs.amax(dim=-1) + float(TYPICAL)]
    return torch.cat(parts, dim=-1)
