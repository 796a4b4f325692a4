"""Cut stretches merge without overlap, and what is left around them stays apart."""

from penwright.corpus.cleaning.spans import Span, merged, without


def test_what_overlaps_is_left_out_and_the_rest_is_in_order() -> None:
    spans = [Span("header", 0, 10), Span("footer", 50, 60)]
    more = [Span("note", 5, 12), Span("note", 20, 30), Span("note", 10, 15)]
    assert [span.start for span in merged(spans, more)] == [0, 10, 20, 50]


def test_nothing_is_lost_but_the_spans() -> None:
    assert without("header\nbook\nfooter", [Span("header", 0, 7), Span("footer", 12, 18)]) == "book\n"
    assert without("one\nNOTE\ntwo", [Span("note", 4, 9)]) == "one\n\ntwo"
    assert without("one\n\nNOTE\ntwo", [Span("note", 5, 10)]) == "one\n\ntwo"
    assert without("text", []) == "text"
    assert without("all of it", [Span("footer", 0, 9)]) == ""
