#!/bin/sh
# numba 0.68.1 compiles a function anew for each whole number that another compiled function passes as a constant.
#
# The change log of 0.50 says that types without a value are preferred, "so as to reduce function over-specialization".
# A call from Python is so, but one from compiled code is not: each constant is a type of its own, Literal[int](n), and a
# version of the function, and of all that it calls, is compiled for it. Numbers of numpy are no constants in this sense.
# A program of some sixty small functions took 48 seconds to compile, and 27 with numbers of numpy.
# Version: numba 0.68.1, numpy 2.4.6. Python: 3.11.
# Seen: 3 versions for the constants 1, 2 and 3; 1 version for the same numbers as numpy.int64.
# Source: numba/core/typing/context.py and types/functions.py, where a dispatcher is typed with the arguments as they are;
# github.com/numba/numba/issues/6956 is about the same effect where it is asked for.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" numba==0.68.1 numpy==2.4.6
cat > "$folder/constants.py" <<'PYTHON'
import numpy
from numba import njit

ONE, TWO, THREE = numpy.int64(1), numpy.int64(2), numpy.int64(3)


@njit
def inner(number):
    return number + 1


@njit
def other(number):
    return number + 1


@njit
def plain():
    return inner(1) + inner(2) + inner(3)


@njit
def with_numpy():
    return other(ONE) + other(TWO) + other(THREE)


assert plain() == with_numpy() == 9
print(inner.signatures)
print(other.signatures)
assert len(inner.signatures) == 3, "constants are no longer types of their own"
assert len(other.signatures) == 1, "numbers of numpy are types of their own now"
PYTHON
PYTHONPATH="$folder" python3 "$folder/constants.py"
