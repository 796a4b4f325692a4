"""`penwright serve` killed while a page writes in a story: what it acknowledged is there when it starts again."""

import json
import os
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from penwright.author.box import has_author

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")
pytestmark = pytest.mark.slow


class Running:
    """A server in a process of its own."""

    def __init__(self, stories: Path) -> None:
        command = [sys.executable, "-m", "penwright", "serve", "--box", "--port", "0", "--stories", str(stories)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        found = None
        while found is None:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            found = re.search(r":(\d+)/\?token=(\S+)", line)
        self._port, self._token = int(found[1]), found[2]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer to a request that succeeds."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        assert response.status < 300, data
        return json.loads(data)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_a_killed_server_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    if os.name == "nt" or not has_author():
        pytest.skip("there is no author in the box here, or processes are killed otherwise")
    server = Running(tmp_path / "stories")
    id = server.ask("POST", "/api/stories", {})["id"]
    written, revision = "", 0
    for number in range(3):
        for _ in range(5):
            parent = f"n{revision - 1}" if revision else "0"
            node = {"kind": "node", "id": f"n{revision}", "parent": parent, "at": len(written), "removed": ""}
            records = [node | {"inserted": f"word {revision} ", "by": "me"}, {"kind": "head", "node": f"n{revision}"}]
            told = server.ask("POST", f"/api/stories/{id}/records", {"revision": revision, "records": records})
            written, revision = f"{written}word {revision} ", told["revision"]
        server.kill()
        server = Running(tmp_path / "stories")
        told = server.ask("GET", f"/api/stories/{id}")
        assert told["revision"] == revision == 5 * (number + 1)
        assert "".join(each.get("inserted", "") for each in told["records"]) == written
    server.kill()
