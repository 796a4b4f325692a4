"""How many characters a second does `penwright serve` write, beside llama.cpp's server with a model of like size?

    pip install xllamacpp gguf
    python benchmarks/serving_peer.py [--rounds 5] [--seconds 3] [--threads 1] [--out NAME]

The author in the box is served by `penwright serve`, and by llama.cpp's own server a transformer with as many layers,
of the same width and with a symbol for each character, its matrices in each of three forms. Each server has a process
of its own and takes turns with the others. 64 clients ask for the same prompt with the same settings, for streams or
for whole answers. The client shares the machine. The build of llama.cpp that installs from PyPI uses AVX2 and FMA.

Characters are counted by second, and by second of the server's processor time, which depends little on what else the
machine does. On a machine that is busy, keep to one thread: llama.cpp's threads wait for one another by turning round.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from common import results_header, write_results
from peers import llama_cpp
from serving import NUM_CLIENTS, PROMPT, Server, num_chars_of

FORMS = ("F32", "F16", "Q8_0")
MAX_TOKENS = 400
KINDS = ("streams", "whole answers")
SETTINGS = {"temperature": 0.8, "min_p": 0.1, "top_p": 1.0}
PEER_SETTINGS = {"samplers": ["min_p", "temperature"], "ignore_eos": True, "logit_bias": [[0, False], [1, False]]}


class Peer(Server):
    """llama.cpp's server in a process of its own."""

    def __init__(self, model: Path, *, num_threads: int) -> None:
        command = [sys.executable, llama_cpp.__file__, str(model), str(NUM_CLIENTS), str(num_threads)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(llama_cpp.READY):
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise SystemExit("llama.cpp's server did not start")

    def close(self) -> None:
        """Stop the server."""
        self.process.kill()
        self.process.wait()


class Speed(NamedTuple):
    """Characters a second in total."""

    real: float
    processor: float
    """By second of the server's processor time."""


class Meter:
    """Time from here on, of the clock and of a server's processors."""

    def __init__(self, server: Server) -> None:
        self._path = Path(f"/proc/{server.process.pid}/stat")
        self._began = time.perf_counter(), self._ticks()

    def speed(self, num_chars: int) -> Speed:
        """Return the speed of characters that were written since."""
        real, ticks = time.perf_counter() - self._began[0], self._ticks() - self._began[1]
        return Speed(num_chars / real, num_chars / max(0.01, ticks / os.sysconf("SC_CLK_TCK")))

    def _ticks(self) -> int:
        fields = self._path.read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


async def streamed(server: Server, fields: dict[str, object], seconds: float) -> Speed:
    """Return the speed of streams, once all have begun. They are read when the time is over."""
    received = [bytearray() for _ in range(NUM_CLIENTS)]

    async def client(number: int) -> None:
        while True:
            body = {"prompt": PROMPT, "stream": True, "max_tokens": MAX_TOKENS, "seed": number, **fields}
            reader, writer = await server.ask("POST", "/v1/completions", body)
            try:
                while data := await reader.read(1 << 16):
                    received[number] += data
            finally:
                writer.close()

    clients = [asyncio.create_task(client(number)) for number in range(NUM_CLIENTS)]
    while not all(received):
        await asyncio.sleep(0.01)
        for each in clients:
            if each.done():
                each.result()
    meter, before = Meter(server), [len(each) for each in received]
    await asyncio.sleep(seconds)
    after, speed = [len(each) for each in received], meter.speed(1)
    for each in clients:
        each.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    await asyncio.sleep(0.3)  # the server ends their texts
    parts = zip(received, before, after, strict=True)
    num_chars = sum(num_chars_of(data[:stop]) - num_chars_of(data[:start]) for data, start, stop in parts)
    return Speed(num_chars * speed.real, num_chars * speed.processor)


async def whole(server: Server, fields: dict[str, object]) -> Speed:
    """Return the speed of one whole answer for each client."""

    async def client(number: int) -> None:
        body = {"prompt": PROMPT, "max_tokens": MAX_TOKENS, "seed": number, **fields}
        reader, writer = await server.ask("POST", "/v1/completions", body)
        try:
            await reader.read(-1)
        finally:
            writer.close()

    meter = Meter(server)
    await asyncio.gather(*(client(number) for number in range(NUM_CLIENTS)))
    return meter.speed(NUM_CLIENTS * MAX_TOKENS)


async def measure(servers: dict[str, Server], arguments: argparse.Namespace) -> str:
    """Return the tables."""
    found: dict[str, dict[str, list[Speed]]] = {kind: {name: [] for name in servers} for kind in KINDS}
    for _ in range(arguments.rounds):
        for name, server in servers.items():
            fields: dict[str, object] = {**SETTINGS, **(PEER_SETTINGS if isinstance(server, Peer) else {})}
            found["streams"][name].append(await streamed(server, fields, arguments.seconds))
            found["whole answers"][name].append(await whole(server, fields))
    rows = []
    for kind, columns in found.items():
        rows += [
            f"| {NUM_CLIENTS} clients, {kind} | characters a second | Penwright's are | of processor time | times |",
            "|---|---:|---:|---:|---:|",
        ]
        own = next(iter(columns.values()))
        for name, speeds in columns.items():
            cells = []
            for column in range(2):
                share = median(one[column] / other[column] for one, other in zip(own, speeds, strict=True))
                cells.append(f"{median(each[column] for each in speeds):,.0f} | {share:.1f}")
            rows.append(f"| {name} | {' | '.join(cells)} |")
        rows.append("")
    return "\n".join(rows).rstrip()


def main() -> None:
    """Measure and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each round of streams")
    parser.add_argument("--threads", type=int, default=1, help="threads of each server that write")
    parser.add_argument("--out", default="serving_peer", help="name of the result")
    arguments = parser.parse_args()
    own = Server("--texts", str(NUM_CLIENTS), "--threads", str(arguments.threads))
    servers: dict[str, Server] = {"Penwright, the author in the box": own}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for form in FORMS:
                path = Path(folder) / f"{form}.gguf"
                size = llama_cpp.write_model(path, form=form)
                servers[f"llama.cpp, {size:,} parameters in {form}"] = Peer(path, num_threads=arguments.threads)
            body = asyncio.run(measure(servers, arguments))
        finally:
            for server in servers.values():
                server.close()
    header = results_header(extra_versions={name: version(name) for name in ("xllamacpp", "gguf")})
    load = f"Load of the machine at the end, other programs included: {os.getloadavg()[0]:.1f}."
    body = f"Medians of the rounds; a share is the median of the rounds' own. {load}\n\n{body}"
    write_results(arguments.out, "Serving beside llama.cpp", header, body)


if __name__ == "__main__":
    main()
