"""The network of the 2017 system as written today with `torch.nn.GRU`: three layers of 512.

Batches of 200 lanes by 30 symbols, the state carried from window to window, Adam at 1e-3, gradients clipped at 1, a
short warmup and a linear fall until the deadline. Held-out books are scored from their beginnings with the state
carried, from an empty state and from that of a training lane; the better score on the books marked `val` counts. Freed
memory is kept for the next update, as in Penwright's own trainings.

Settings: `precision`, "float32" or "bfloat16" (autocast of the products; weights and scoring in float32); others
replace the constants below.

Shapes: B = lanes, T = symbols per window, V = vocabulary size, L = layers, H = hidden size, P = held-out passages.
"""

import numpy as np
import torch
from torch import Tensor, nn

from peers.contract import (
    Curve,
    Figures,
    HeldOut,
    Job,
    Outcome,
    Reader,
    answer,
    better,
    draw,
    linear_rate,
    side_by_side,
)
from penwright.training.machine import keep_freed_memory

SHAPE = {"embedding_dim": 128, "hidden_size": 512, "num_layers": 3, "batch_size": 200, "seq_len": 30}
LEARNING_RATE = 1e-3
GRAD_CLIP = 1.0
WARMUP_STEPS = 10  # a five-minute budget has a few hundred updates of 6,000 symbols
CHUNK_SIZE = 256  # symbols read at a time when scoring


class CharGru(nn.Module):
    """Embedding, stacked GRU, linear readout."""

    def __init__(self, vocab_size: int, *, embedding_dim: int, hidden_size: int, num_layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.gru = nn.GRU(embedding_dim, hidden_size, num_layers, batch_first=True)
        self.readout = nn.Linear(hidden_size, vocab_size)
        # As in Keras: from torch's own initial weights, 64 updates reached 4.20 bits per character, not 3.17 (2026-11).
        for name, parameter in [*self.gru.named_parameters(), *self.readout.named_parameters()]:
            if "bias" in name:
                nn.init.zeros_(parameter)
            elif "hh" in name:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.xavier_uniform_(parameter)

    def forward(self, ids: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return logits (B, T, V) and the next state (L, B, H)."""
        outputs, state = self.gru(self.embedding(ids), state)
        return self.readout(outputs), state


def run(job: Job) -> Outcome:
    """Train until the deadline and score."""
    torch.set_num_threads(job.threads)
    keep_freed_memory()
    torch.manual_seed(job.seed)
    settings = {**SHAPE, "learning_rate": LEARNING_RATE, "precision": "float32", **job.settings}
    curve = Curve(job.seconds, symbols_per_char=job.facts.symbols_per_char)
    model = CharGru(
        job.facts.vocab_size, **{name: settings[name] for name in ("embedding_dim", "hidden_size", "num_layers")}
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"], fused=True)
    reader = Reader(job.train, batch_size=settings["batch_size"], seq_len=settings["seq_len"], seed=job.seed)
    state = None
    step = 0
    while (fraction_done := curve.fraction_done) < 1.0:
        window = torch.from_numpy(reader.window(step))  # (B, T + 1)
        step += 1
        optimizer.param_groups[0]["lr"] = linear_rate(
            settings["learning_rate"], step=step, fraction_done=fraction_done, warmup_steps=WARMUP_STEPS
        )
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings["precision"] == "bfloat16"):
            logits, state = model(window[:, :-1], state)
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), GRAD_CLIP)
        optimizer.step()
        state = state.detach().float()
        curve.add(loss.item())
    train_seconds = curve.elapsed
    memory, figures = better({"empty": _figures(model, job, None), "carried on": _figures(model, job, state[:, :1])})
    return Outcome(
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        chars_read=step * settings["batch_size"] * settings["seq_len"] / job.facts.symbols_per_char,
        train_seconds=train_seconds,
        points=curve.points,
        figures=figures,
        memory=memory,
        sample_ids=_write(model, job, state[:, :1] if memory == "carried on" else None),
        settings=settings,
        versions={"torch": torch.__version__},
    )


def _figures(model: CharGru, job: Job, initial: Tensor | None) -> Figures:
    return Figures(*(split.bits_per_char(total_nats(model, split, initial=initial)) for split in (job.val, job.test)))


@torch.inference_mode()
def total_nats(model: CharGru, held_out: HeldOut, *, initial: Tensor | None) -> float:
    """Return the cost of all scored symbols. Every book begins with one state, (L, 1, H), or an empty one."""
    lanes, is_scored = side_by_side(held_out.passages, multiple_of=CHUNK_SIZE)
    ids, mask = torch.from_numpy(lanes), torch.from_numpy(is_scored)
    state = None if initial is None else initial.expand(-1, len(ids), -1).contiguous()
    nats = 0.0
    for start in range(0, mask.shape[1], CHUNK_SIZE):
        chunk = ids[:, start : start + CHUNK_SIZE + 1]
        logits, state = model(chunk[:, :-1], state)
        losses = nn.functional.cross_entropy(logits.flatten(0, 1), chunk[:, 1:].flatten(), reduction="none")
        nats += losses[mask[:, start : start + CHUNK_SIZE].flatten()].double().sum().item()
    return nats


@torch.inference_mode()
def _write(model: CharGru, job: Job, state: Tensor | None) -> list[int]:
    random = np.random.default_rng(1)
    read = torch.tensor([[job.facts.boundary_id, *job.facts.prompt_ids]])
    written: list[int] = []
    while len(written) < job.facts.sample_chars:
        logits, state = model(read, state)
        written.append(draw(logits[0, -1].numpy(), random=random, boundary_id=job.facts.boundary_id))
        read = torch.tensor([written[-1:]])
    return written


if __name__ == "__main__":
    answer(run)
