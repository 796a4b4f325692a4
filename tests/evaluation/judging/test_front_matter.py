"""Front matter is found, and stories are not taken for it."""

import pytest

from penwright.evaluation.judging.front_matter import front_matter_of


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("THE LAMP\n\nA NOVEL\n\nBy E. R. Vane\n\nLondon: Quill & Co.\n\n1884", "title page"),
        ("Crown 8vo, cloth, 6s. net.", "price"),
        ("Price 3s. 6d., post free", "price"),
        ("All rights reserved.", "notice"),
        ("Printed by Harris & Sons, Fleet Street.", "notice"),
        ("First published in October 1902", "notice"),
        ("By the same author", "notice"),
        ("[Illustration: The old mill]", "notice"),
        ("Transcriber's note: spelling is as printed.", "notice"),
        ("The Project Gutenberg EBook of Emma", "notice"),
        ("Alle Rechte vorbehalten", "notice"),
        ("The Ferry ........ 12", "contents"),
        ("I. The Ferry\n\nII. The Lamp\n\nIII. The Clock", "contents"),
    ],
)
def test_front_matter_is_found_where_it_stands(lines: str, kind: str) -> None:
    page = f"He went home.\n\n{lines}\n\nIt was late, and she had not slept.\n"
    (found,) = front_matter_of(page)
    assert page[found.start : found.stop] == lines and found.kind == kind


@pytest.mark.parametrize(
    "story",
    [
        "CHAPTER XII\n\nTHE RETURN\n\nIt rained.",
        "XII.\n\nIt rained.",
        "I went home.\n\nI saw nobody.\n\nI slept.",
        '"NO!" she cried.\n\n"Yes."',
        '"It was printed in the Times," he said.',
        "He had paid the price of 12 years, " + "and all that he had was gone, " * 10 + "all rights reserved.",
        "THE END",
    ],
)
def test_a_story_is_no_front_matter(story: str) -> None:
    assert front_matter_of(f"He went home.\n\n{story}\n\nIt was late.\n") == []
