"""How well does the server serve?

    python benchmarks/serving.py [--rounds 5] [--seconds 3] [--soak 600] [--out NAME]
    python benchmarks/serving.py --soak-only --out serving_soak

The author in the box is served by `penwright serve` in a process of its own; the clients are in this one, and both
share the machine. Four measures:

1. Characters a second of 64 streaming clients in total, beside the engine alone with 64 texts: in alternating rounds,
   medians are shown.
2. The time to the first character at 64 clients that each ask again as soon as they are answered.
3. The time from a client's leaving to the end of its text, while others write.
4. 256 streaming clients that come and go at random: whether those that stay get their own text and nothing else,
   memory, and what is running afterwards. These do not depend on what else the machine does, so --soak-only leaves the
   other measures out.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median

from common import ROOT, results_header, write_results

from penwright import Author
from penwright.writing.crowd import Crowd
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.generation import read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of

TOKEN = "a-token-of-the-benchmark"
PROMPT = "It was a dark and stormy night, and the rain fell in torrents, except at occasional intervals, when it was "
NUM_CLIENTS = 64
NUM_SOAKING = 256
CHARS_OF_AN_ANSWER = 400


class Server:
    """A server in a process of its own."""

    def __init__(self, *options: str) -> None:
        environment = {**os.environ, "PENWRIGHT_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        command = [sys.executable, "-m", "penwright", "serve", "--box", "--port", "0", "--metrics", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("Serving at"):
                self.port = int(line.rsplit(":", 1)[1].strip().strip("/"))
                break
        else:
            raise SystemExit("the server did not start")

    def close(self) -> None:
        """Stop the server."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)

    @property
    def memory_mib(self) -> float:
        """Memory that the server's process has now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    async def metric(self, name: str) -> float:
        """Return a number of the server's own."""
        reader, writer = await self.ask("GET", "/metrics")
        text = (await reader.read()).decode("ascii")
        writer.close()
        return float(next(line for line in text.splitlines() if line.startswith(f"penwright_{name} ")).split()[1])

    async def ask(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request and return both ends of the connection, the head of the answer read."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        status = await reader.readline()
        while (await reader.readline()).strip():
            pass
        assert b" 200 " in status, status
        return reader, writer

    @asynccontextmanager
    async def stream(self, **fields: object) -> AsyncIterator[AsyncIterator[str]]:
        """Yield the text of a stream in parts. Leaving the context closes the connection."""
        reader, writer = await self.ask("POST", "/v1/completions", {"prompt": PROMPT, "stream": True, **fields})

        async def parts() -> AsyncIterator[str]:
            async for line in reader:
                if line.startswith(b"data: {"):
                    yield json.loads(line[6:])["choices"][0]["text"]

        try:
            yield parts()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def chars_per_second_alone(author: Author, seconds: float) -> float:
    """Return the speed of the engine with as many texts as there are clients."""
    engine = author.engine
    assert isinstance(engine, CompiledEngine), "numba is needed"
    crowd, bookmark = Crowd(engine, author.alphabet), read_text(engine, author.alphabet, PROMPT)
    for each in range(NUM_CLIENTS):
        crowd.join(bookmark, sampling=SamplingConfig(), draws=draws_of(1, sample=each))
    crowd.step()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        crowd.step()
        steps += 1
    return steps * NUM_CLIENTS / (time.perf_counter() - began)


async def chars_per_second_served(server: Server, seconds: float) -> float:
    """Return the speed of all clients in total, once all have begun."""
    received = [bytearray() for _ in range(NUM_CLIENTS)]

    async def client(seed: int) -> None:
        fields = {"prompt": PROMPT, "stream": True, "max_tokens": 100_000, "seed": seed}
        reader, writer = await server.ask("POST", "/v1/completions", fields)
        try:
            while data := await reader.read(1 << 16):
                received[seed] += data  # read when the time is over, so as to take none from the server
        finally:
            writer.close()

    clients = [asyncio.create_task(client(seed)) for seed in range(NUM_CLIENTS)]
    while not all(received):
        await asyncio.sleep(0.01)
    began, before = time.perf_counter(), [len(each) for each in received]
    await asyncio.sleep(seconds)
    took, after = time.perf_counter() - began, [len(each) for each in received]
    for each in clients:
        each.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    num_chars = 0
    for data, start, stop in zip(received, before, after, strict=True):
        num_chars += num_chars_of(data[:stop]) - num_chars_of(data[:start])
    return num_chars / took


def num_chars_of(data: bytes | bytearray) -> int:
    """Return the number of characters in the whole events of a stream."""
    lines = [line for line in bytes(data).split(b"\n") if line.startswith(b"data: {") and line.rstrip().endswith(b"}")]
    return sum(len(json.loads(line[6:])["choices"][0]["text"]) for line in lines)


async def seconds_to_first(server: Server, seconds: float, *, is_burst: bool) -> list[float]:
    """Return the times to the first character of clients that ask again and again, or of one burst of all of them."""
    found: list[float] = []
    began = time.perf_counter()

    async def client(number: int) -> None:
        draw = random.Random(number)
        if not is_burst:
            await asyncio.sleep(draw.random())
        while time.perf_counter() < began + seconds and not (is_burst and number in done):
            done.add(number)
            asked = time.perf_counter()
            prompt = f"{draw.random()} {PROMPT}"
            async with server.stream(prompt=prompt, max_tokens=CHARS_OF_AN_ANSWER, seed=number) as parts:
                is_first = True
                async for _ in parts:
                    if is_first:
                        is_first = False
                        found.append(time.perf_counter() - asked)

    done: set[int] = set()
    await asyncio.gather(*(client(number) for number in range(NUM_CLIENTS)))
    return found


async def seconds_to_silence(server: Server, times: int) -> list[float]:
    """Return the times from a client's leaving to the end of its text, while others write."""
    found = []

    async def other(seed: int) -> None:
        async with server.stream(max_tokens=100_000, seed=seed) as parts:
            async for _ in parts:
                pass

    others = [asyncio.create_task(other(seed)) for seed in range(16)]
    while await server.metric("requests_running") < 16:
        await asyncio.sleep(0.05)
    for seed in range(times):
        async with server.stream(max_tokens=100_000, seed=seed) as parts:
            await anext(parts)
            assert await server.metric("requests_running") == 17
            left = time.perf_counter()
        while await server.metric("requests_running") == 17:
            pass
        found.append(time.perf_counter() - left)
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return found


async def soak(server: Server, author: Author, seconds: float) -> list[tuple[str, str]]:
    """Let clients come and go at random, and return what was found."""
    draw = random.Random(1)
    until = time.perf_counter() + seconds
    expected = {seed: author.write(PROMPT, max_chars=CHARS_OF_AN_ANSWER, seed=seed) for seed in range(16)}
    counts = {"stayed": 0, "left": 0, "wrong": 0, "failed": 0}
    memories: list[float] = []

    async def client() -> None:
        while time.perf_counter() < until:
            seed, stays = draw.randrange(16), draw.random() < 0.5
            try:
                fields = {"max_tokens": CHARS_OF_AN_ANSWER if stays else 20_000, "seed": seed}
                async with server.stream(**fields) as parts:
                    if stays:
                        text = "".join([part async for part in parts])
                        counts["wrong"] += text != expected[seed]
                        counts["stayed"] += 1
                    else:
                        with suppress(TimeoutError):
                            async with asyncio.timeout(3 * draw.random()):
                                async for _ in parts:
                                    pass
                        counts["left"] += 1
            except (OSError, AssertionError):
                counts["failed"] += 1

    async def watch() -> None:
        while time.perf_counter() < until:
            memories.append(server.memory_mib)
            await asyncio.sleep(min(5.0, seconds / 20))

    await asyncio.gather(watch(), *(client() for _ in range(NUM_SOAKING)))
    left = time.perf_counter()
    while await server.metric("requests_running") + await server.metric("requests_waiting"):
        assert time.perf_counter() - left < 30, "something is still running"
        await asyncio.sleep(0.01)
    thirds = [memories[len(memories) * part // 3 : len(memories) * (part + 1) // 3] for part in range(3)]
    return [
        ("seconds", f"{seconds:.0f}"),
        ("answers that were waited for", f"{counts['stayed']:,}"),
        ("of these wrong or mixed", f"{counts['wrong']}"),
        ("clients that left", f"{counts['left']:,}"),
        ("connections that failed", f"{counts['failed']}"),
        ("largest memory in each third, MiB", ", ".join(f"{max(part, default=0.0):,.0f}" for part in thirds)),
        ("load of the machine at the end, other programs included", f"{os.getloadavg()[0]:.1f}"),
        ("running afterwards", "0"),
        ("seconds until then", f"{time.perf_counter() - left:.2f}"),
    ]


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that a share of the values does not exceed."""
    return sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]


async def measure(server: Server, author: Author, arguments: argparse.Namespace) -> str:
    """Return all tables."""
    if arguments.soak_only:
        return soak_table(await soak(server, author, arguments.soak))
    alone, served = [], []
    for _ in range(arguments.rounds):
        alone.append(await asyncio.to_thread(chars_per_second_alone, author, arguments.seconds))
        served.append(await chars_per_second_served(server, arguments.seconds))
    first = await seconds_to_first(server, 3 * arguments.seconds, is_burst=False)
    burst = await seconds_to_first(server, 3 * arguments.seconds, is_burst=True)
    silence = await seconds_to_silence(server, 20)
    soaked = await soak(server, author, arguments.soak)
    share = median(one / other for one, other in zip(served, alone, strict=True))
    rows = [
        f"| measure, {NUM_CLIENTS} clients | found |",
        "|---|---:|",
        f"| the engine alone, characters a second | {median(alone):,.0f} |",
        f"| served, characters a second in total | {median(served):,.0f} |",
        f"| served, share of the engine alone (median of the rounds) | {100 * share:.0f} % |",
        f"| time to the first character, median | {1000 * median(first):.0f} ms |",
        f"| time to the first character, 95th percentile of {len(first):,} | {1000 * percentile(first, 0.95):.0f} ms |",
        f"| the same if all ask in one moment, median | {1000 * median(burst):.0f} ms |",
        f"| the same if all ask in one moment, 95th percentile | {1000 * percentile(burst, 0.95):.0f} ms |",
        f"| from leaving to silence, with 16 others, median | {1000 * median(silence):.0f} ms |",
        f"| from leaving to silence, with 16 others, largest of {len(silence)} | {1000 * max(silence):.0f} ms |",
        "",
        soak_table(soaked),
    ]
    return "\n".join(rows)


def soak_table(found: list[tuple[str, str]]) -> str:
    """Return what `soak` found as a table."""
    rows = [f"| {NUM_SOAKING} clients that come and go | found |", "|---|---:|"]
    return "\n".join([*rows, *(f"| {name} | {value} |" for name, value in found)])


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each round")
    parser.add_argument("--soak", type=float, default=600.0, help="seconds during which clients come and go")
    parser.add_argument("--soak-only", action="store_true", help="leave the other measures out")
    parser.add_argument("--out", default="serving", help="name of the result")
    arguments = parser.parse_args()
    author = Author.from_box()
    author.read("")
    server = Server("--texts", str(NUM_SOAKING), "--queue", str(NUM_SOAKING))
    try:
        body = asyncio.run(measure(server, author, arguments))
    finally:
        server.close()
    title = "Serving clients that come and go" if arguments.soak_only else "Serving"
    write_results(arguments.out, title, results_header(), body)


if __name__ == "__main__":
    main()
