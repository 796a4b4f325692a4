"""A story as a tree: every change of the text is a node, and nothing is ever taken out.

The text of a node is that of its parent with one change made. The text of one node is held, and it is changed step by
step on the way to another, so the text of a neighbour costs what the change costs. This module knows nothing of files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from penwright.serving.stories.records import (
    MAX_FIRST,
    MAX_FIRST_CHARS,
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
)


class Story:
    """A story."""

    def __init__(self, id: str) -> None:
        """Begin with an empty text.

        Args:
            id: Name of the story among others.
        """
        self.id = id
        self.title = ""
        self.head = ROOT
        """Node whose text is shown."""
        self.nodes: dict[str, Node] = {}
        """All nodes by id, in the order in which they were made; the root is none of them."""
        self.marks: dict[str, str] = {}
        """Names of bookmarks by node."""
        self.first: dict[str, str] = {}
        """Texts that the author reads before the story, by name, in their order."""
        self.shares: Mapping[str, float] = {}
        """Shares of the labels under which the author reads and writes, by name; empty to leave it to the server."""
        self._depths = {ROOT: 0}
        self._at = ROOT
        self._text = bytearray()  # of the node _at, in UTF-16, so that offsets are those of browsers

    @property
    def text(self) -> str:
        """Text that is shown."""
        return self.text_of(self.head)

    def text_of(self, node: str) -> str:
        """Return the text of a node.

        Raises:
            RecordError: If there is no such node.
        """
        self._check_node(node)
        self._go(node)
        return self._text.decode("utf-16-le", "surrogatepass")

    @property
    def num_chars(self) -> int:
        """Length of the text that is shown, in UTF-16 code units."""
        self._go(self.head)
        return len(self._text) // 2

    def path_to(self, node: str) -> list[Node]:
        """Return the nodes from the root to a node."""
        found = []
        while node != ROOT:
            found.append(self.nodes[node])
            node = self.nodes[node].parent
        return found[::-1]

    def apply(self, records: Sequence[Record]) -> None:
        """Apply records, all or none.

        Raises:
            RecordError: If one does not fit. The story is as it was.
        """
        before = self.title, self.head, dict(self.marks), dict(self.first), self.shares
        added: list[str] = []
        try:
            for record in records:
                self._apply(record)
                if isinstance(record, Node):
                    added.append(record.id)
        except RecordError:
            self.title, self.head, self.marks, self.first, self.shares = before
            self._go(self.head)
            for id in added:
                del self.nodes[id], self._depths[id]
            raise

    def _apply(self, record: Record) -> None:
        match record:
            case Node():
                self._add(record)
            case Head(node):
                self._check_node(node)
                self.head = node
            case Mark(node, name):
                self._check_node(node)
                self.marks.pop(node, None)
                if name:
                    self.marks[node] = name
            case Title(title):
                self.title = title
            case First(name, text):
                self._read_first(name, text)
            case WrittenAs(shares):
                self.shares = shares

    def _add(self, node: Node) -> None:
        self._check_node(node.parent)
        if node.id in self._depths:
            raise RecordError(f"there is a node {node.id} already.")
        self._go(node.parent)
        removed = _units(node.removed)
        start, stop = 2 * node.at, 2 * node.at + len(removed)
        if self._text[start:stop] != removed or start > len(self._text):
            raise RecordError(
                f"node {node.id} changes a text that its parent does not have at {node.at}. Fetch the story anew."
            )
        if len(self._text) // 2 - len(removed) // 2 + num_units(node.inserted) > MAX_TEXT_CHARS:
            raise RecordError(f"a story has at most {MAX_TEXT_CHARS:,} characters. Begin another.")
        self.nodes[node.id] = node
        self._depths[node.id] = self._depths[node.parent] + 1
        self._go(node.id)

    def _read_first(self, name: str, text: str | None) -> None:
        if text is None:
            self.first.pop(name, None)
            return
        others = sum(len(each) for key, each in self.first.items() if key != name)
        if len({*self.first, name}) > MAX_FIRST or others + len(text) > MAX_FIRST_CHARS:
            raise RecordError(f"at most {MAX_FIRST} texts of {MAX_FIRST_CHARS:,} characters together are read first.")
        self.first[name] = text

    def _check_node(self, node: str) -> None:
        if node not in self._depths:
            raise RecordError(f"there is no node {node[:40]!r} in this story.")

    def _go(self, node: str) -> None:
        """Change the text that is held into that of another node."""
        ahead: list[Node] = []
        here = self._at
        while here != node:
            if self._depths[node] >= self._depths[here]:
                ahead.append(self.nodes[node])
                node = self.nodes[node].parent
            else:
                each = self.nodes[here]
                self._change(each.at, each.inserted, each.removed)
                here = each.parent
        for each in reversed(ahead):
            self._change(each.at, each.removed, each.inserted)
        self._at = ahead[0].id if ahead else here

    def _change(self, at: int, old: str, new: str) -> None:
        self._text[2 * at : 2 * at + len(_units(old))] = _units(new)


def _units(text: str) -> bytes:
    """Return a text in UTF-16, half a pair of surrogates included."""
    return text.encode("utf-16-le", "surrogatepass")


def summary_of(story: Story, *, revision: int, changed: int) -> dict[str, Any]:
    """Return the line of a list of stories for one of them.

    Args:
        story: The story.
        revision: Its revision.
        changed: Time of its last change, in milliseconds since 1970.
    """
    return {
        "id": story.id,
        "title": story.title,
        "revision": revision,
        "num_chars": story.num_chars,
        "num_nodes": len(story.nodes),
        "changed": changed,
    }
