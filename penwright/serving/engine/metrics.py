"""What the engine counts, and its form for Prometheus (text exposition format 0.0.4).

The meaning of each number is that of the servers whose dashboards exist: running and waiting requests, symbols of
prompts and of answers, time to the first symbol, time between symbols, refusals. Names begin with `penwright_`.
"""

from bisect import bisect_left
from collections.abc import Iterator

FIRST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STEP_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Histogram:
    """How often values up to each of some bounds were seen."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float, *, count: int = 1) -> None:
        """Take a value that was seen a number of times."""
        self._counts[bisect_left(self._bounds, value)] += count
        self._sum += value * count

    def lines(self, name: str) -> Iterator[str]:
        """Yield the samples of the histogram."""
        total = 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.6f}"
        yield f"{name}_count {total}"


class Metrics:
    """Everything that is counted. The engine's thread writes and the server's reads; refusals are counted by the
    threads that refuse, one at a time."""

    def __init__(self) -> None:
        self.num_running = 0
        """Texts that are being written, or whose prompt is being read."""
        self.num_waiting = 0
        """Texts that wait for their turn."""
        self.num_written = 0
        """Symbols written since the start."""
        self.num_read = 0
        """Symbols of prompts read since the start."""
        self.finished = {"length": 0, "stop": 0, "failed": 0, "cancelled": 0}
        """Texts that have ended, by reason."""
        self.num_refused = 0
        """Requests refused because too much was waiting."""
        self.num_recoveries = 0
        """Times that the engine went on after a fault of its own."""
        self.first_seconds = Histogram(FIRST_SECONDS)
        """Time from a request to the first symbol of each text."""
        self.step_seconds = Histogram(STEP_SECONDS)
        """Time between two symbols of a text, prompts that are read in between included."""

    def text(self) -> str:
        """Return all numbers as Prometheus reads them."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        gauges = {
            "requests_running": ("Texts that are being written or whose prompt is being read.", self.num_running),
            "requests_waiting": ("Texts that wait for their turn.", self.num_waiting),
        }
        counters = {
            "symbols_written_total": ("Symbols written.", self.num_written),
            "prompt_symbols_total": ("Symbols of prompts read.", self.num_read),
            "requests_refused_total": ("Requests refused because too much was waiting.", self.num_refused),
            "engine_recoveries_total": ("Times that the engine went on after a fault.", self.num_recoveries),
        }
        for kind, rows in (("gauge", gauges), ("counter", counters)):
            for name, (meaning, value) in rows.items():
                yield from (f"# HELP penwright_{name} {meaning}", f"# TYPE penwright_{name} {kind}")
                yield f"penwright_{name} {value}"
        yield from (
            "# HELP penwright_texts_total Texts that have ended, by reason.",
            "# TYPE penwright_texts_total counter",
        )
        yield from (f'penwright_texts_total{{finish="{reason}"}} {count}' for reason, count in self.finished.items())
        for name, meaning, histogram in (
            ("time_to_first_symbol_seconds", "Time from a request to the first symbol.", self.first_seconds),
            ("time_per_symbol_seconds", "Time between two symbols of a text.", self.step_seconds),
        ):
            yield from (f"# HELP penwright_{name} {meaning}", f"# TYPE penwright_{name} histogram")
            yield from histogram.lines(f"penwright_{name}")
