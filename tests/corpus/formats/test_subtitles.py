"""Subtitles become what is said."""

from penwright.corpus.formats.letters import loss_warnings
from penwright.corpus.formats.subtitles import read_subtitles

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>She came</i> late
and left.

2
00:01:01,000 --> 00:01:02,500 X1:1
{\\an8}- Who is there?
- It is I.

3
00:02:01,000 --> 00:02:02,500
1984

4
00:03:00,000 --> 00:03:01,000
The end.
"""
VTT = """WEBVTT

NOTE made by hand

intro
00:01.000 --> 00:02.000
<v Ann>She came.

00:03.000 --> 00:04.000
The end.
"""


def test_numbers_times_and_marks_go() -> None:
    read = read_subtitles(SRT)
    assert read.text == "She came late and left.\n- Who is there?\n- It is I.\n1984\nThe end.\n"
    assert loss_warnings(read) == ()


def test_web_subtitles_are_read_alike() -> None:
    assert read_subtitles(VTT).text == "She came.\nThe end.\n"


def test_a_text_without_times_says_nothing() -> None:
    assert read_subtitles("She came.\n").text == ""
