#!/bin/sh
# fsspec 2026.9.0: the files of remote file systems are io.IOBase, but their readline takes no size.
#
# AbstractBufferedFile derives from io.IOBase and "contains much of the logic to build" a "pythonic file-like object".
# io.IOBase.readline takes an optional size, which bounds what one line may cost; AbstractBufferedFile.readline takes none.
# So code that reads lines with a bound works for local files, and raises a TypeError for the same file on a remote system.
# Wrapping the file in io.BufferedReader gives the whole interface.
# Version: fsspec 2026.9.0. Python: 3.11.
# Seen: TypeError: AbstractBufferedFile.readline() takes 1 positional argument but 2 were given; 5 bytes by BufferedReader.
# Source: fsspec/spec.py, class AbstractBufferedFile; docs.python.org/3/library/io.html#io.IOBase.readline
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" fsspec==2026.9.0
cat > "$folder/readline.py" <<'PYTHON'
import io

from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

TEXT = b"a long line\nand another one\n"


class Remote(AbstractBufferedFile):
    def _fetch_range(self, start, end):
        return TEXT[start:end]


system = MemoryFileSystem()
file = Remote(system, "/a.txt", mode="rb", size=len(TEXT))
assert isinstance(file, io.IOBase)
assert io.BytesIO(TEXT).readline(5) == b"a lon"
try:
    print(file.readline(5))
    raise SystemExit("it takes a size now")
except TypeError as error:
    print(error)
    assert "takes 1 positional argument" in str(error)
assert io.BufferedReader(file).readline(5) == b"a lon"
PYTHON
PYTHONPATH="$folder" python3 "$folder/readline.py"
