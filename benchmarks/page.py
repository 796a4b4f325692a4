"""How quick is the page of `penwright serve`, and what is lost if the server is killed while stories are written?

    python benchmarks/page.py [--kills 100] [--out NAME]

The author in the box is served by `penwright serve` in a process of its own. Three measures:

1. Undo in a story of a million characters with 20,000 changes: in the page's own model of a story by Node.js, and in
   Chromium from the click to the page laid out anew.
2. From a click on Stop to silence: until the server says that it writes nothing.
3. Four stories are written at once, a change a request, and the server is killed with SIGKILL at a random moment. Then
   it is started again, and every change that it had acknowledged must be there. Other programs do not matter.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Any

from common import ROOT, results_header, write_results
from serving import TOKEN, Server, percentile

sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from chromium import Chromium, chromium

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.records import Head, Node, Record

LINE = "It was a dark and stormy night; the rain fell in "
CHARS = len(LINE) + 1
CHANGES_OF_A_PARAGRAPH = 8
NUM_NODES = 20_000
NUM_TIMES = 100
NUM_STOPS = 30
NUM_STORIES = 4
MAX_SECONDS_TO_KILL = 0.4

IN_NODE = """
const {Story} = await import(process.argv[1] + "/story.js");
const story = new Story(), line = process.argv[2], times = [];
for (let number = 0; number < Number(process.argv[3]); number++) story.edit(story.text.length, 0, line, "author");
story.close();
for (let time = 0; time < Number(process.argv[4]); time++) {
  const began = performance.now();
  story.undo();
  times.push(performance.now() - began);
}
console.log(JSON.stringify(times));
"""
UNDO = """(() => {
  const began = performance.now();
  document.getElementById("undo").click();
  document.getElementById("text").getBoundingClientRect();
  return performance.now() - began;
})()"""
STOP = """(async () => {
  const began = performance.now();
  document.getElementById("stop").click();
  for (;;) {
    const told = await (await fetch("/metrics")).text();
    if (/^penwright_requests_running 0$/m.test(told)) return performance.now() - began;
  }
})()"""


def is_last(number: int) -> bool:
    """Return True if a change is the last of its paragraph."""
    return number % CHANGES_OF_A_PARAGRAPH == CHANGES_OF_A_PARAGRAPH - 1


def big_story(folder: StoryFolder) -> str:
    """Make a story of a million characters and return its id."""
    id, revision = folder.create().story.id, 0
    for first in range(0, NUM_NODES, 500):
        records: list[Record] = []
        for number in range(first, first + 500):
            parent, text = f"n{number - 1}" if number else "0", LINE + ("\n" if is_last(number) else "a")
            records.append(Node(f"n{number}", parent, CHARS * number, "", text, "author" if number % 2 else "me"))
        revision = folder.append(id, [*records, Head(f"n{first + 499}")], revision=revision)
    return id


def undone_in_node() -> list[float]:
    """Return the milliseconds of each undo in the page's model of a story."""
    words = [ROOT / "penwright" / "serving" / "page", LINE, NUM_NODES, NUM_TIMES]
    command = ["node", "--input-type=module", "-e", IN_NODE, *map(str, words)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(each) for each in json.loads(found)]


def undone_in_chromium(page: Chromium, port: int, id: str) -> list[float]:
    """Return the milliseconds of each undo until the page is laid out."""
    page.visit("about:blank")
    page.visit(f"http://127.0.0.1:{port}/?token={TOKEN}#{id}")
    page.wait_for(f"location.hash === '#{id}' && document.getElementById('text').value.length > 15000")
    return [float(page.evaluate(UNDO)) for _ in range(NUM_TIMES)]


def stopped_in_chromium(page: Chromium, port: int, id: str) -> list[float]:
    """Return the milliseconds from each click on Stop until the server writes nothing."""
    page.visit("about:blank")
    page.visit(f"http://127.0.0.1:{port}/?token={TOKEN}#{id}")
    page.wait_for(f"location.hash === '#{id}' && !document.getElementById('text').disabled")
    page.evaluate("document.getElementById('words').value = '0'")
    found, size = [], 0
    for _ in range(NUM_STOPS):
        page.evaluate("document.getElementById('continue').click()")
        page.wait_for(f"document.getElementById('text').value.length > {size + 200}")
        found.append(float(page.evaluate(STOP)))
        page.wait_for("!document.body.classList.contains('writing')")
        size = page.evaluate("document.getElementById('text').value.length")
    page.wait_for("document.getElementById('saved').textContent === 'Saved'")
    return found


def ask(port: int, method: str, path: str, body: Any = None) -> Any:
    """Return the answer of the server.

    Raises:
        OSError, HTTPException: If it was killed meanwhile.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
    finally:
        connection.close()
    assert response.status < 300, data
    return json.loads(data)


class Writer:
    """A client that writes in one story, change after change."""

    def __init__(self, port: int) -> None:
        self.id = ask(port, "POST", "/api/stories", {})["id"]
        self.acknowledged: list[str] = []
        self.num_unheard = 0
        """Changes that were kept though the server was killed before it could say so."""

    @property
    def num_chars(self) -> int:
        """Number of characters that were acknowledged."""
        return sum(map(len, self.acknowledged))

    def write(self, port: int) -> None:
        """Write until the server is gone."""
        draw = random.Random(f"{self.id}{len(self.acknowledged)}")
        while True:
            number = len(self.acknowledged)
            text = f"{number} {'word ' * draw.randrange(1, 40)}"
            node = {"kind": "node", "id": f"n{number}", "parent": f"n{number - 1}" if number else "0"}
            node |= {"at": self.num_chars, "removed": "", "inserted": text, "by": "me"}
            records = [node, {"kind": "head", "node": f"n{number}"}]
            try:
                told = ask(port, "POST", f"/api/stories/{self.id}/records", {"revision": number, "records": records})
            except (OSError, HTTPException):
                return
            assert told["revision"] == number + 1
            self.acknowledged.append(text)

    def num_lost(self, port: int) -> int:
        """Return the number of characters that were acknowledged and are not there, and go on from what is there."""
        records = ask(port, "GET", f"/api/stories/{self.id}")["records"]
        found = [each["inserted"] for each in records if each["kind"] == "node"]
        pairs = zip(self.acknowledged, [*found, *[""] * len(self.acknowledged)], strict=False)
        lost = sum(len(text) for text, kept in pairs if kept != text)
        self.num_unheard += max(0, len(found) - len(self.acknowledged))
        self.acknowledged = found
        return lost


def killed(stories: Path, num_kills: int) -> list[tuple[str, str]]:
    """Kill a server again and again while stories are written, and return what was found."""
    draw = random.Random(1)
    server = Server("--stories", str(stories))
    writers = [Writer(server.port) for _ in range(NUM_STORIES)]
    num_lost = num_without = 0
    for _ in range(num_kills):
        before = sum(each.num_chars for each in writers)
        threads = [threading.Thread(target=each.write, args=(server.port,)) for each in writers]
        for thread in threads:
            thread.start()
        time.sleep(MAX_SECONDS_TO_KILL * draw.random())
        server.process.kill()
        server.process.wait()
        for thread in threads:
            thread.join()
        num_without += before == sum(each.num_chars for each in writers)
        server = Server("--stories", str(stories))
        num_lost += sum(each.num_lost(server.port) for each in writers)
    server.close()
    cut = [line for path in stories.glob("*.cut") for line in path.read_bytes().splitlines()]
    return [
        ("kills while stories were written", f"{num_kills}"),
        ("of these before anything was acknowledged", f"{num_without}"),
        ("changes acknowledged", f"{sum(len(each.acknowledged) for each in writers):,}"),
        ("characters acknowledged", f"{sum(each.num_chars for each in writers):,}"),
        ("of these lost", f"{num_lost}"),
        ("changes kept that were never acknowledged", f"{sum(each.num_unheard for each in writers)}"),
        ("lines that were torn and cut off", f"{len(cut)}"),
    ]


def main() -> None:
    """Measure and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--out", default="page", help="name of the result")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = StoryFolder(Path(name) / "stories")
        big, small = big_story(folder), folder.create().story.id
        folder.close()
        in_node = undone_in_node()
        server = Server("--stories", str(Path(name) / "stories"))
        try:
            with chromium(Path(name) / "profile") as page:
                undone = undone_in_chromium(page, server.port, big)
                stopped = stopped_in_chromium(page, server.port, small)
        finally:
            server.close()
        rows = killed(Path(name) / "killed", arguments.kills)
    title = f"{NUM_NODES * CHARS:,} characters in {NUM_NODES:,} changes"
    body = [f"| a story of {title} | median | 95th percentile | largest |", "|---|---:|---:|---:|"]
    for what, times in (
        ("undo, in the page's model", in_node),
        ("undo, in Chromium, laid out", undone),
        ("from a click on Stop to silence, in Chromium", stopped),
    ):
        shown = [f"{each:.2f} ms" for each in (median(times), percentile(times, 0.95), max(times))]
        body.append(f"| {what}, {len(times)} times | {' | '.join(shown)} |")
    body += ["", "| the server killed | found |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]
    write_results(arguments.out, "The page", results_header(), "\n".join(body))


if __name__ == "__main__":
    main()
