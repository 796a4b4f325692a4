#!/bin/sh
# torch.distributed.destroy_process_group leaves the group alive when an optimizer's first step came while it stood.
#
# That step imports torch._dynamo, which imports torch.distributed.nn.functional. Its functions have the default
# group=group.WORLD, evaluated at import: a group that stands then is kept for the life of the process. Its threads go on
# after it was destroyed, and a function called without a group in a later group means the destroyed one. Imported before
# the group, or a step before the group, and the threads end with it.
# Version: torch 2.13.0, CPU, gloo.
# Seen: after destroy_process_group the threads gloo_tcp_loop and pt_gloo_runloop (twice) are still there.
# Source: torch/distributed/nn/functional.py, the signatures of broadcast, all_reduce and others.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat > "$folder/group.py" <<'PYTHON'
import sys
from pathlib import Path

import torch
import torch.distributed as dist


def step():
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    torch.optim.AdamW([weight]).step()


if sys.argv[1] == "before":
    step()
dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
dist.all_reduce(torch.ones(3))
if sys.argv[1] == "within":
    step()
dist.destroy_process_group()
names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
left = sorted(name for name in names if "gloo" in name)
print("a first step", sys.argv[1], "the group's time:", left)
sys.exit(bool(left) != (sys.argv[1] == "within"))
PYTHON
for moment in within before never; do
    "$folder/venv/bin/python" "$folder/group.py" "$moment"
done
