#!/bin/sh
# jupyter_client 8.10.0 with transport "ipc" reaches no kernel that is started in another folder.
#
# With transport "ipc", sockets are files. Their default name is "kernel-ipc", a relative path. The kernel binds it in the
# folder that it is started in, as `start_kernel(cwd=...)` and nbclient's resources allow, and the client connects to it in
# its own. Both wait; after the timeout, the message is that the kernel did not respond. An absolute path in `ip` helps.
# Version: jupyter_client 8.10.0, ipykernel 7.4.0. Python: 3.11.
# Seen: no answer in 15 seconds and sockets left in the kernel's folder; with an absolute path, an answer at once.
# Source: jupyter_client/connect.py, `_ip_default`: "kernel-ipc" where no connection file is named.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder/lib" jupyter_client==8.10.0 ipykernel==7.4.0
mkdir "$folder/here" "$folder/there"
cat > "$folder/ipc.py" <<'PYTHON'
import sys
from pathlib import Path

from jupyter_client.manager import KernelManager

here, there = Path(sys.argv[1]), Path(sys.argv[2])


def answers(**settings: str) -> bool:
    manager = KernelManager(transport="ipc", **settings)
    manager.start_kernel(cwd=str(there))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=15)
        return True
    except RuntimeError as error:
        print(error)
        return False
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


relative, absolute = answers(), answers(ip=str(here / "kernel"))
print("relative path:", relative, [path.name for path in there.iterdir()])
print("absolute path:", absolute)
assert not relative, "a relative path is understood now"
assert absolute, "an absolute path is no longer understood"
PYTHON
cd "$folder/here"
PYTHONPATH="$folder/lib" HOME="$folder" IPYTHONDIR="$folder" python3 "$folder/ipc.py" "$folder/here" "$folder/there"
