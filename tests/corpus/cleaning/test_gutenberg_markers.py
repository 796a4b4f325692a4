"""Every form of Project Gutenberg's markers is found, and nothing that merely looks like one."""

import pytest

from penwright.corpus.cleaning.gutenberg_markers import find_markers


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***", "start"),
        ("*** START OF THE PROJECT GUTENBERG EBOOK THE LAMP ***", "start"),
        ("*** START OF THE PROJECT GUTENBERG EBOOK, THE LAMP ***", "start"),
        ("***START OF THE PROJECT GUTENBERG EBOOK THE LAMP***", "start"),
        ("*** START OF THE PROJECT GUTENBERG EBOOK 1022 ***", "start"),
        ("*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP AND THE\nFLATS ***", "start"),
        ("*** START OF PROJECT GUTENBERG ETEXT ***", "start"),
        ("*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*", "small print end"),
        ("*END THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.12.12.00*END*", "small print end"),
        ("**END THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.08.01*END**", "small print end"),
        ("***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***", "small print start"),
        ("***START** SMALL PRINT! for COPYRIGHT PROTECTED EBOOKS ***", "small print start"),
        ("*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***", "end"),
        ("***END OF THE PROJECT GUTENBERG EBOOK THE LAMP***", "end"),
        ("End of the Project Gutenberg EBook of The Lamp, by A. Keeper", "end line"),
        ("End of Project Gutenberg's The Lamp, by A. Keeper", "end line"),
        ("End of Project Gutenberg’s The Lamp, by A. Keeper", "end line"),
        ("End of this Project Gutenberg etext of The Lamp", "end line"),
        ('The end of Project Gutenberg etext of "The Lamp"', "end line"),
        ("End of The Project Gutenberg Etext of The Lamp", "end line"),
        ('Ende dieses Projekt Gutenberg Etextes "Die Lampe"', "end line"),
        ("*** START: FULL LICENSE ***", "full licence"),
        ("*** END: FULL LICENSE ***", "full licence end"),
    ],
)
def test_each_form_is_found_with_its_whole_line(line: str, kind: str) -> None:
    text = f"Something before.\n\n{line}\n\nSomething after.\n"
    (marker,) = find_markers(text)
    assert marker.kind == kind
    assert text[marker.start : marker.end] == line + "\n"


@pytest.mark.parametrize(
    "line",
    [
        "On this pretext he left the room, and never spoke of it again.",
        "I could read the small print of the lies in his face.",
        "SMALL PRINT was all she could read, without her glasses.",
        "Murtagh Gutenberg, of the printing house, stood at the door.",
        "That was the start of the project, Gutenberg said, and the end of",
        "the end of Project Gutenberg was not yet in sight",
        "She said: *** START OF THE PROJECT GUTENBERG EBOOK *** was all it showed.",
        "Project Gutenberg is mentioned here, and the END OF it.",
        "Start of the Project Gutenberg press: the first sheet was dry at noon.",
        "***",
        "*** THE END ***",
    ],
)
def test_look_alikes_are_not_markers(line: str) -> None:
    assert find_markers(f"Before.\n\n{line}\n\nAfter.\n") == []


def test_only_the_stretch_asked_for_is_searched() -> None:
    text = "*** START OF THE PROJECT GUTENBERG EBOOK A ***\n\nText.\n\nEnd of Project Gutenberg's A\n"
    assert [marker.kind for marker in find_markers(text)] == ["start", "end line"]
    assert [marker.kind for marker in find_markers(text, start=60)] == ["end line"]
    assert [marker.kind for marker in find_markers(text, end=60)] == ["start"]


@pytest.mark.parametrize(
    "line",
    [
        " " * 300_000 + "Gutenberg",
        "**END" + " " * 300_000 + "GUTENBERG",
        "***START" + "\t" * 300_000 + "x SMALL PRINT",
        " " * 100_000 + "Gutenberg " * 10_000,
    ],
    ids=["blanks", "blanks after END", "tabs after START", "blanks, and many a tell-tale word"],
)
def test_a_line_of_blanks_costs_no_more_than_its_length(line: str) -> None:
    """Each blank was given back to the next run of them, one after the other: minutes, at this length."""
    assert find_markers(line + "\n") == []
