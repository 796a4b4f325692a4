"""A sound author file for the tests of this room, and a forger of others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from author_files import ALPHABET, CARD, CONFIG, about_of, body_of, header_of, signed, weights_of

from penwright.author.file.saving import save_author


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound author file."""
    path = tmp_path_factory.mktemp("sound") / "author.safetensors"
    save_author(path, model_config=CONFIG, alphabet=ALPHABET, weights=weights_of(CONFIG), card=CARD)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, sound: bytes) -> Path:
    """A sound author file of the test's own."""
    path = tmp_path / "author.safetensors"
    path.write_bytes(sound)
    return path


@pytest.fixture
def forge(sound: bytes, tmp_path: Path) -> Callable[..., Path]:
    """Make a file whose digests are right but whose content is not."""

    def make(
        *,
        about: dict[str, Any] | None = None,
        entries: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Path:
        """Forge with other claims, header entries (None leaves one out), metadata or tensors."""
        body = body_of(sound) if body is None else body
        claims = signed({**about_of(sound), **(about or {})}, body)
        text = {"penwright": json.dumps(claims)} if metadata is None else metadata
        header = {**header_of(sound), "__metadata__": text, **(entries or {})}
        data = json.dumps({name: entry for name, entry in header.items() if entry is not None}).encode()
        path = tmp_path / "forged.safetensors"
        path.write_bytes(len(data).to_bytes(8, "little") + data + body)
        return path

    return make
