"""Files that survive a crash, and files that vanish with the process."""

from penwright.files.durable import (
    CHUNK_BYTES,
    entries,
    is_file,
    is_folder,
    json_bytes,
    leftovers,
    remove_asides,
    replacing,
    replacing_unflushed,
    sha256_of,
    sync_file,
    sync_folder,
    write_bytes,
    write_json,
    write_new,
    write_text,
)

__all__ = [
    "CHUNK_BYTES",
    "entries",
    "is_file",
    "is_folder",
    "json_bytes",
    "leftovers",
    "remove_asides",
    "replacing",
    "replacing_unflushed",
    "sha256_of",
    "sync_file",
    "sync_folder",
    "write_bytes",
    "write_json",
    "write_new",
    "write_text",
]
