import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.code_points import characters_of, code_points_of, look_up

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("ab“”é\ud800\udc00🦆ж")
TABLES = [np.arange(0x110000, dtype=np.int64).astype(np.uint8) * np.uint8(7), np.arange(0x110000) % 60_000]


@given(ANY_TEXT)
def test_every_character_has_its_entry(text: str) -> None:
    code_points = code_points_of(text)
    assert characters_of(text).tolist() == code_points.tolist()
    for table in (TABLES[0], TABLES[1].astype(np.uint16)):
        entries = look_up(text, table)
        assert entries.tolist() == table[code_points].tolist() and entries.dtype == table.dtype
        entries[:] = 0  # it is nobody else's
