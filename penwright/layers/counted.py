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
    """Tables to look things up in. A new one knows nothing: every symbol is as likely as any other.

    What belongs to one context, or to one follower, is packed into one number: in tables of millions the time goes into
    fetching from memory, not into taking numbers apart.
    """

    contexts: Tensor
    """int32 (C,)."""
    rows: Tensor
    """int64 (C,): where a context's followers begin, their number (8 bits), codes of its backoff and of its total (8
    bits each)."""
    entries: Tensor
    """int32 (E,): a follower and the code of its share (8 bits)."""
    share_values: Tensor
    """float32 (256,), what each code of a share or backoff stands for."""
    total_values: Tensor
    """float32 (256,), the fact that each code of a total becomes."""
    unigrams: Tensor

    def __init__(self, vocab_size: int, kinds: ContextKinds) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            kinds: The kinds of context, K of them; M are told.
        """
        super().__init__()
        self.kinds = kinds
        codes = torch.arange(256)
        values = {"share_values": share_of(codes), "total_values": torch.log1p(total_of(codes)) * 0.2}
        for name in ("contexts", "rows", "entries", "share_values", "total_values", "unigrams"):
            self.register_buffer(name, values.get(name, torch.zeros(0)), persistent=False)
        self.tables = empty_tables(vocab_size)
        self.use(self.tables)

    def use(self, tables: CountTables) -> None:
        """Exchange the tables, on whatever device the module is."""
        device = self.unigrams.device
        self.tables = tables
        sizes = tables.sizes.long()
        starts = sizes.cumsum(0).sub_(sizes)
        packed = {
            "contexts": tables.contexts,
            "rows": starts << 24 | sizes << 16 | tables.backoffs.long() << 8 | tables.totals.long(),
            "entries": tables.symbols << 8 | tables.shares.int(),
            "unigrams": tables.unigrams,
        }
        for name, value in packed.items():
            setattr(self, name, value.to(device))

    @torch.no_grad()
    def forward(self, contexts: Tensor) -> Predictions:
        """Look contexts up.

        Args:
            contexts: int64 (N, K) of 32 bits.
        """
        num_asked, vocab_size = len(contexts), len(self.unigrams)
        wanted = contexts.to(torch.int32).t().contiguous()  # (K, N)
        probs = torch.zeros(*wanted.shape, vocab_size, device=wanted.device)
        if len(self.contexts):
            places = torch.searchsorted(self.contexts, wanted).clamp_max_(len(self.contexts) - 1)
            is_met, rows = self.contexts[places] == wanted, self.rows[places]
        else:
            is_met, rows = torch.zeros_like(wanted, dtype=torch.bool), torch.zeros_like(wanted, dtype=torch.int64)
        backoffs = torch.where(is_met, self.share_values[rows >> 8 & 255], 1.0)
        totals = torch.where(is_met, self.total_values[rows & 255], 0.0)
        met = is_met.view(-1).nonzero().squeeze(1)  # of the K * N contexts
        found = rows.view(-1)[met]
        sizes = found >> 16 & 255
        first = (found >> 24) - (sizes.cumsum(0) - sizes)  # what a follower's place among those found lacks to its own
        followers = first.repeat_interleave(sizes)
        followers += torch.arange(len(followers), device=met.device)
        entries = self.entries[followers]
        at = (met * vocab_size).repeat_interleave(sizes).add_(entries >> 8)
        probs.view(-1)[at] = self.share_values[entries & 255]  # no two followers of a context are the same
        for kind in range(self.kinds.num_kinds):
            shorter = self.kinds.shorter[kind]
            base = self.unigrams if shorter is None else probs[shorter]
            probs[kind].addcmul_(base, backoffs[kind].unsqueeze(1))
        told = slice(self.kinds.first_told, None)
        log_probs = torch.empty(num_asked, self.kinds.num_told, vocab_size, device=wanted.device)
        torch.add(probs[told].transpose(0, 1), FLOOR, out=log_probs).log_()
        facts = torch.stack((totals[told], is_met[told].float(), backoffs[told]), dim=2)  # (M, N, 3)
        return Predictions(log_probs, facts.transpose(0, 1).reshape(num_asked, self.kinds.num_facts))
