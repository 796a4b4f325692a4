"""Turn an error into one sentence and an exit code.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 Ctrl-C, 141 the reader of the output has gone. Any other error is a
bug and keeps its traceback.
"""

import errno
import sys

from penwright.errors import PenwrightError

EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE: what a shell expects of a program whose reader has gone


def sentence_of(error: BaseException) -> str | None:
    """Return a sentence for the user, on one line, or None if the error is a bug.

    Args:
        error: Error that a command raised.
    """
    if isinstance(error, PenwrightError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):
        return _operating_system_sentence(error)
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        return (
            "the memory of this machine is not enough. Make the network or the number of lanes smaller, for "
            "example --set model.hidden_size=128 --set train.batch_size=8."
        )
    return None


def exit_code_of(error: BaseException) -> int:
    """Return the exit code that goes with `sentence_of`."""
    return error.exit_code if isinstance(error, PenwrightError) else 1


def _operating_system_sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full{where}. What was saved before is whole; free some space and repeat the command."
    if error.errno == errno.EROFS:
        return f"the disk is read-only{where}. Give another folder, for example with --run or PENWRIGHT_CACHE."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission to read or write{where}. Change its permissions or give another path."
    if error.errno == errno.EISDIR:
        return f"a file is needed, and this is a folder{where}. Give the path of a file."
    if error.errno == errno.ENOENT:
        return f"there is no such file or folder{where}. Check the path."
    what = error.strerror or str(error) or type(error).__name__
    return " ".join(f"{what[:1].lower()}{what[1:]}{where}.".split())


def _is_torch_out_of_memory(error: BaseException) -> bool:
    """Return True if torch ran out of memory: a class of its own on an accelerator, a RuntimeError on the processor."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
