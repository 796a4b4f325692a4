"""A small GPT in plain torch, in the shape that nanoGPT publishes for a processor: 4 layers, 4 heads, width 128.

As in nanoGPT: pre-norm blocks without biases, learned positions, the embedding shared with the readout, AdamW with
betas 0.9 and 0.99 and decay 0.1 on matrices, gradients clipped at 1, random windows, no dropout. The rate has a warmup
and a cosine fall to a tenth of its peak. Here the fall ends at the deadline, and products are in bfloat16 if a short
measurement finds that faster.

Held-out books are scored by a window that moves on by half of its width, so that every scored symbol has at least half
a window before it, or all of its book. The contestant with the larger context differs in its settings only.

Settings: `context`, `batch_size`, `learning_rate`, `warmup_steps`, `final_fraction`, `schedule` ("cosine" or "linear"),
`num_layers`, `num_heads`, `width`.

Source: karpathy/nanoGPT, model.py, train.py, config/train_shakespeare_char.py and the README's section "I only have a
macbook".

Shapes: B = windows, T = symbols of a window, C = width, D = width of a head, V = vocabulary size, N = symbols of a
text.
"""

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from peers.contract import Curve, Figures, HeldOut, Ids, Job, Outcome, answer, draw, linear_rate
from penwright.training.machine import keep_freed_memory

PUBLISHED: dict[str, Any] = {
    "context": 64,
    "batch_size": 12,
    "num_layers": 4,
    "num_heads": 4,
    "width": 128,
    "learning_rate": 1e-3,
    "warmup_steps": 100,
    "schedule": "cosine",
    "final_fraction": 0.1,
}
WEIGHT_DECAY = 0.1
GRAD_CLIP = 1.0
SCORED_AT_ONCE = 16_384  # symbols of all windows in a batch when scoring


class Block(nn.Module):
    """Causal attention, then a perceptron, each added to the stream."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.attention = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.perceptron_norm = nn.LayerNorm(width, bias=False)
        self.perceptron = nn.Linear(width, 4 * width, bias=False)
        self.perceptron_out = nn.Linear(4 * width, width, bias=False)

    def forward(self, stream: Tensor) -> Tensor:
        """Return the stream, (B, T, C), with the outputs of this block added."""
        num_rows, length, width = stream.shape
        parts = self.attention(self.attention_norm(stream)).view(num_rows, length, 3, self.num_heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, T, D)
        found = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        stream = stream + self.attention_out(found.transpose(1, 2).reshape(num_rows, length, width))
        return stream + self.perceptron_out(F.gelu(self.perceptron(self.perceptron_norm(stream))))


class Gpt(nn.Module):
    """Embedding and positions, blocks, and a readout that shares the embedding."""

    def __init__(self, vocab_size: int, *, context: int, num_layers: int, num_heads: int, width: int) -> None:
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(vocab_size, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, num_heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(width, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                adds_to_stream = name.endswith("_out.weight")
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * num_layers) if adds_to_stream else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits (B, T, V) of the symbols that follow `ids`, (B, T)."""
        stream = self.embedding(ids) + self.positions.weight[: ids.shape[1]]  # (B, T, C)
        for block in self.blocks:
            stream = block(stream)
        return F.linear(self.norm(stream), self.embedding.weight)


def run(job: Job) -> Outcome:
    """Train until the deadline and score."""
    torch.set_num_threads(job.threads)
    keep_freed_memory()
    torch.manual_seed(job.seed)
    settings = {**PUBLISHED, **job.settings}
    curve = Curve(job.seconds, symbols_per_char=job.facts.symbols_per_char)
    model = Gpt(
        job.facts.vocab_size, **{name: settings[name] for name in ("context", "num_layers", "num_heads", "width")}
    )
    optimizer = _optimizer(model, learning_rate=settings["learning_rate"])
    random = np.random.default_rng(job.seed)
    context, batch_size = settings["context"], settings["batch_size"]

    def batch() -> Tensor:
        starts = random.integers(len(job.train) - context, size=(batch_size, 1))
        return torch.from_numpy(job.train[starts + np.arange(context + 1)].astype(np.int64))  # (B, T + 1)

    def losses_of(windows: Tensor, *, is_bfloat16: bool) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_bfloat16):
            logits = model(windows[:, :-1])
        return F.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())

    is_bfloat16 = bfloat16_is_faster(lambda is_half: losses_of(batch(), is_bfloat16=is_half).backward())
    step = 0
    while (fraction_done := curve.fraction_done) < 1.0:
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = rate(settings, step=step, fraction_done=fraction_done)
        loss = losses_of(batch(), is_bfloat16=is_bfloat16)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), GRAD_CLIP)
        optimizer.step()
        curve.add(loss.item())
    train_seconds = curve.elapsed
    predict = torch.inference_mode()(model.forward)
    return Outcome(
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        chars_read=step * batch_size * context / job.facts.symbols_per_char,
        train_seconds=train_seconds,
        points=curve.points,
        figures=Figures(*(_bits(predict, split, context=context) for split in (job.val, job.test))),
        memory="",
        sample_ids=_write(predict, job, context=context),
        settings={**settings, "precision": "bfloat16" if is_bfloat16 else "float32"},
        versions={"torch": torch.__version__},
    )


def rate(settings: dict[str, Any], *, step: int, fraction_done: float) -> float:
    """Return the rate of an update, with the schedule of the settings."""
    peak, final_fraction, warmup = settings["learning_rate"], settings["final_fraction"], settings["warmup_steps"]
    if settings["schedule"] == "linear":
        return linear_rate(
            peak, step=step, fraction_done=fraction_done, warmup_steps=warmup, final_fraction=final_fraction
        )
    share = 0.5 * (1.0 + math.cos(math.pi * min(1.0, fraction_done)))
    return peak * min(1.0, step / warmup) * (final_fraction + (1.0 - final_fraction) * share)


def bfloat16_is_faster(work: Callable[[bool], object], *, repeats: int = 5) -> bool:
    """Return True if `work`, called with True for bfloat16, is faster than in float32: the best of some repeats."""

    def seconds(is_bfloat16: bool) -> float:
        begun = time.perf_counter()
        work(is_bfloat16)
        return time.perf_counter() - begun

    for is_bfloat16 in (False, True):  # the first time everything is slow
        work(is_bfloat16)
    slow, fast = (min(seconds(is_bfloat16) for _ in range(repeats)) for is_bfloat16 in (False, True))
    return fast < slow


class Window(NamedTuple):
    """A window of a text."""

    start: int
    """Index of its first input."""
    first_scored: int
    """Index of the first input whose prediction is scored; earlier ones were scored in the last window."""


def sliding_windows(num_inputs: int, *, context: int) -> list[Window]:
    """Cover a text by windows that overlap by half, so that every prediction is scored once.

    Args:
        num_inputs: Number of symbols that are read, from 1.
        context: Number of symbols of a window, from 2; only a shorter text has a shorter one.

    Returns:
        Windows from the first to the last, which ends with the text. From the second on, every scored symbol has at
        least half a context before it.
    """
    stride = context // 2
    windows = [Window(0, 0)]
    while windows[-1].start + context < num_inputs:
        scored_until = windows[-1].start + context
        start = min(windows[-1].start + stride, num_inputs - context)
        windows.append(Window(start, scored_until))
    return windows


def sliding_nats(predict: Callable[[Tensor], Tensor], ids: Ids, *, context: int) -> float:
    """Return the cost of all symbols of a text but the first, in nats.

    Args:
        predict: Function from symbols (B, T) to logits (B, T, V).
        ids: The text, (N,), N at least 2.
        context: Largest number of symbols that `predict` takes.
    """
    text = torch.from_numpy(ids.astype(np.int64))
    length = min(context, len(text) - 1)
    windows = sliding_windows(len(text) - 1, context=context)
    rows = text.unfold(0, length + 1, 1)  # (N - T, T + 1), views
    at_once = max(1, SCORED_AT_ONCE // length)
    nats = 0.0
    for first in range(0, len(windows), at_once):
        chosen = windows[first : first + at_once]
        part = rows[torch.tensor([window.start for window in chosen])]  # (B, T + 1)
        logits = predict(part[:, :-1])
        losses = F.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(), reduction="none").view(-1, length)
        skipped = torch.tensor([[window.first_scored - window.start] for window in chosen])
        nats += losses[torch.arange(length) >= skipped].double().sum().item()
    return nats


def _bits(predict: Callable[[Tensor], Tensor], held_out: HeldOut, *, context: int) -> float:
    return held_out.bits_per_char(sum(sliding_nats(predict, ids, context=context) for ids in held_out.passages))


def _optimizer(model: Gpt, *, learning_rate: float) -> torch.optim.Optimizer:
    matrices = [parameter for parameter in model.parameters() if parameter.dim() >= 2]
    others = [parameter for parameter in model.parameters() if parameter.dim() < 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.99), fused=True)


def _write(predict: Callable[[Tensor], Tensor], job: Job, *, context: int) -> list[int]:
    random = np.random.default_rng(1)
    text = [job.facts.boundary_id, *job.facts.prompt_ids]
    written: list[int] = []
    while len(written) < job.facts.sample_chars:
        logits = predict(torch.tensor([[*text, *written][-context:]]))
        written.append(draw(logits[0, -1].numpy(), random=random, boundary_id=job.facts.boundary_id))
    return written


if __name__ == "__main__":
    answer(run)
