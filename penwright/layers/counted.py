"""What the counted tables predict: a distribution for each of several kinds of context, and how well founded it is.

A longer context discounts what it counted and leaves the rest to a shorter one, down to the shares of single symbols.
The tables are data, not weights: nothing in them is learned by gradients, and they can be exchanged under a model.

Letters: N = characters asked about, V = vocab_size, K = number of kinds of context, M = kinds whose prediction is told.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.context_kinds import ContextKinds
from penwright.counts.tables import CountTables, empty_tables, share_of, total_of

FLOOR = 1e-7
"""Least probability whose logarithm is taken."""


class Predictions(NamedTuple):
    """What counting says of the next character."""

    log_probs: Tensor
    """float32 (N, M, V), natural logarithms."""
    facts: Tensor
    """float32 (N, 3 * M): for each kind how often its context was met, on a logarithmic scale of about 0 to 4; whether
    it was met at all; and the share left to a shorter context."""


class Counted(nn.Module):
    """Tables to look things up in. A new one knows nothing: every symbol is as likely as any other."""

    contexts: Tensor
    starts: Tensor
    backoffs: Tensor
    totals: Tensor
    symbols: Tensor
    shares: Tensor
    unigrams: Tensor

    def __init__(self, vocab_size: int, kinds: ContextKinds) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            kinds: The kinds of context, K of them; M are told.
        """
        super().__init__()
        self.kinds = kinds
        for name in ("contexts", "starts", "backoffs", "totals", "symbols", "shares", "unigrams"):
            self.register_buffer(name, torch.zeros(0), persistent=False)
        self.tables = empty_tables(vocab_size)
        self.use(self.tables)

    def use(self, tables: CountTables) -> None:
        """Exchange the tables, on whatever device the module is."""
        device = self.unigrams.device
        self.tables = tables
        starts = torch.cat((torch.zeros(1, dtype=torch.int64), tables.sizes.long().cumsum(0)))
        expanded = {
            "contexts": tables.contexts,
            "starts": starts,
            "backoffs": share_of(tables.backoffs),
            "totals": torch.log1p(total_of(tables.totals)) * 0.2,
            "symbols": tables.symbols,
            "shares": share_of(tables.shares),
            "unigrams": tables.unigrams,
        }
        for name, value in expanded.items():
            setattr(self, name, value.to(device))

    @torch.no_grad()
    def forward(self, contexts: Tensor) -> Predictions:
        """Look contexts up.

        Args:
            contexts: int64 (N, K) of 32 bits.
        """
        num_asked, vocab_size = len(contexts), len(self.unigrams)
        wanted = contexts.to(torch.int32).t().contiguous()  # (K, N)
        if len(self.contexts):
            places = torch.searchsorted(self.contexts, wanted).clamp_max(len(self.contexts) - 1)
            is_met = self.contexts[places] == wanted
            backoffs = torch.where(is_met, self.backoffs[places], 1.0)
            totals = torch.where(is_met, self.totals[places], 0.0)
        else:
            places, is_met = torch.zeros_like(wanted, dtype=torch.int64), torch.zeros_like(wanted, dtype=torch.bool)
            backoffs, totals = torch.ones(wanted.shape, device=wanted.device), torch.zeros_like(wanted).float()
        known: list[Tensor] = []
        for kind in range(self.kinds.num_kinds):
            shorter = self.kinds.shorter[kind]
            base = self.unigrams if shorter is None else known[shorter]
            probs = base * backoffs[kind].unsqueeze(1)  # (N, V)
            rows = is_met[kind].nonzero().squeeze(1)
            if len(rows):
                first = self.starts[places[kind, rows]]
                sizes = self.starts[places[kind, rows] + 1] - first
                ends = sizes.cumsum(0)
                entries = torch.arange(int(ends[-1]), device=rows.device) + (first - ends + sizes).repeat_interleave(
                    sizes
                )
                at = rows.repeat_interleave(sizes) * vocab_size + self.symbols[entries]
                probs.view(-1).index_add_(0, at, self.shares[entries])
            known.append(probs)
        told = slice(self.kinds.first_told, None)
        log_probs = torch.stack(known[told], dim=1).add_(FLOOR).log_()  # (N, M, V)
        facts = torch.stack((totals[told], is_met[told].float(), backoffs[told]), dim=2)  # (M, N, 3)
        return Predictions(log_probs, facts.transpose(0, 1).reshape(num_asked, self.kinds.num_facts))
