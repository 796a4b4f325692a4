"""A story's tree against the plainest one: every node keeps its whole text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.serving.stories.exporting import export_story, import_story
from penwright.serving.stories.records import (
    MAX_TEXT_CHARS,
    ROOT,
    First,
    Head,
    Mark,
    Node,
    Record,
    RecordError,
    Title,
    WrittenAs,
    num_units,
    parse_record,
    record_json,
)
from penwright.serving.stories.story import Story

TEXTS = st.text(st.sampled_from("ab \né\U0001f56f日\ud800"), max_size=6)


def units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[Record], dict[str, str]]:
    """Records that fit one another, and the text of every node."""
    texts, records = {ROOT: ""}, list[Record]()
    for number in range(1, draw(st.integers(0, 12)) + 1):
        parent = draw(st.sampled_from(list(texts)))
        data = units(texts[parent])
        at = draw(st.integers(0, len(data) // 2))
        size = draw(st.integers(0, len(data) // 2 - at))
        removed, inserted = data[2 * at : 2 * (at + size)].decode("utf-16-le", "surrogatepass"), draw(TEXTS)
        changed = data[: 2 * at] + units(inserted) + data[2 * (at + size) :]
        texts[f"n{number}"] = changed.decode("utf-16-le", "surrogatepass")
        by = draw(st.sampled_from(["me", "author", "file"]))
        records.append(Node(f"n{number}", parent, at, removed, inserted, by, number, {"seed": number}))  # type: ignore[arg-type]
        node = draw(st.sampled_from(list(texts)))
        records += draw(st.sampled_from([[], [Head(node)], [Mark(node, "here")], [Mark(node, "")], [Title("T")]]))
        records += draw(st.sampled_from([[], [First("book", "a b")], [First("book", None)]]))
        records += draw(st.sampled_from([[], [WrittenAs({"Jane": 0.5, "A, B": 1})], [WrittenAs({})]]))
    return records, texts


@settings(max_examples=150, deadline=None)
@given(trees(), st.data())
def test_every_node_keeps_its_text_wherever_one_goes(made: tuple[list[Record], dict[str, str]], data: Any) -> None:
    records, texts = made
    story = Story("s")
    story.apply(records)
    for node in data.draw(st.lists(st.sampled_from(list(texts)), max_size=20)):
        assert story.text_of(node) == texts[node]
    assert story.text == texts[story.head] and story.num_chars == num_units(texts[story.head])


@settings(max_examples=80, deadline=None)
@given(trees())
def test_records_and_a_whole_tree_come_back_from_json(made: tuple[list[Record], dict[str, str]]) -> None:
    records, texts = made
    assert [parse_record(json.loads(json.dumps(record_json(each)))) for each in records] == records
    story, again = Story("s"), Story("t")
    story.apply(records)
    again.apply(import_story(export_story(story, "json", model_name="m"), name="x.json"))
    assert (again.title, again.head, again.marks, again.first) == (story.title, story.head, story.marks, story.first)
    assert again.shares == story.shares
    assert again.nodes == story.nodes and {node: again.text_of(node) for node in texts} == texts


@settings(max_examples=80, deadline=None)
@given(trees(), st.sampled_from(["txt", "md"]))
def test_a_text_comes_back_from_a_file(made: tuple[list[Record], dict[str, str]], form: str) -> None:
    story, again = Story("s"), Story("t")
    story.apply(made[0])
    if any("\ud800" <= sign <= "\udfff" for sign in story.text) or story.text.startswith(("# ", "\ufeff")):
        return
    again.apply(import_story(export_story(story, form, model_name="m"), name=f"x.{form}")) if story.text else None
    assert again.text == story.text


@settings(max_examples=80, deadline=None)
@given(trees(), st.integers(0, 5))
def test_a_batch_that_does_not_fit_changes_nothing(made: tuple[list[Record], dict[str, str]], wrong: int) -> None:
    records, texts = made
    story = Story("s")
    story.apply(records)
    before = (story.title, story.head, dict(story.marks), dict(story.first), dict(story.nodes))
    all_bad: list[Record] = [
        Head("nowhere"),
        Node("new", "nowhere", 0, "", "a", "me"),
        Node("new2", ROOT, 1, "", "a", "me"),
        Node("new2", ROOT, 0, "z", "a", "me"),
        Node("new", ROOT, 0, "", "a", "me"),
        Mark("nowhere", "x"),
    ]
    with pytest.raises(RecordError):
        story.apply(
            [Node("new", story.head, 0, "", "q", "author"), Head("new"), Title("U"), First("f", "x"), all_bad[wrong]]
        )
    assert (story.title, story.head, story.marks, story.first, story.nodes) == before
    assert {node: story.text_of(node) for node in texts} == texts


def test_a_text_has_a_longest_length() -> None:
    story = Story("s")
    story.apply([Node("a", ROOT, 0, "", "x" * (MAX_TEXT_CHARS - 1), "me")])
    story.apply([Node("b", "a", 0, "", "y", "me")])
    with pytest.raises(RecordError, match="at most"):
        story.apply([Node("c", "b", 0, "", "z", "me")])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"kind": "script"},
        {"kind": ["head"]},
        {"kind": "head"},
        {"kind": "head", "node": "../x"},
        {"kind": "head", "node": "a", "more": 1},
        {"kind": "node", "id": "a", "parent": "0", "at": -1, "removed": "", "inserted": "", "by": "me"},
        {"kind": "node", "id": "a", "parent": "0", "at": True, "removed": "", "inserted": "", "by": "me"},
        {"kind": "node", "id": "a", "parent": "0", "at": 0, "removed": "", "inserted": "", "by": "you"},
        {"kind": "node", "id": "a", "parent": "0", "at": 0, "removed": "", "inserted": 1, "by": "me"},
        {
            "kind": "node",
            "id": "a",
            "parent": "0",
            "at": 0,
            "removed": "",
            "inserted": "",
            "by": "me",
            "note": {"a": []},
        },
        {
            "kind": "node",
            "id": "a",
            "parent": "0",
            "at": 0,
            "removed": "",
            "inserted": "",
            "by": "me",
            "note": {"a": float("inf")},
        },
        {"kind": "title", "title": "x" * 301},
        {"kind": "first", "name": "", "text": "x"},
        {"kind": "as"},
        {"kind": "as", "shares": ["Jane"]},
        {"kind": "as", "shares": {"": 1}},
        {"kind": "as", "shares": {"x" * 201: 1}},
        {"kind": "as", "shares": {"Jane": True}},
        {"kind": "as", "shares": {"Jane": -1}},
        {"kind": "as", "shares": {"Jane": float("nan")}},
        {"kind": "as", "shares": {f"Jane {number}": 1 for number in range(17)}},
    ],
)
def test_what_is_no_record_is_refused(wrong: Any) -> None:
    with pytest.raises(RecordError):
        parse_record(wrong)
