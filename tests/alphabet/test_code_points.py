"""Code points and UTF-8 lengths agree with Python's own."""

from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.code_points import code_points_of, name_of, nibbles_of, text_of, utf8_lengths

any_text = st.text(st.characters(exclude_categories=()), max_size=60)


@given(any_text)
def test_code_points_and_lengths_agree_with_python(text: str) -> None:
    code_points = code_points_of(text)
    assert code_points.tolist() == list(map(ord, text))
    assert text_of(code_points) == text
    lengths = [len(character.encode("utf-8", "surrogatepass")) for character in text]
    assert utf8_lengths(code_points).tolist() == lengths
    assert len(nibbles_of(text)) == 2 * sum(lengths)


def test_a_character_has_a_readable_name() -> None:
    assert name_of("é") == "U+00E9 é LATIN SMALL LETTER E WITH ACUTE"
    assert name_of("\n") == "U+000A   unnamed"
