"""Names declared in the plant folder, and references to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from edge.config.text.finding import Findings, Place, did_you_mean
from edge.config.text.reader import Reader
from edge.config.text.source import Node


class Names:
    """The names of one kind: device types, areas, persons, ...

    complete: False when something that may declare more could not be read. Then an unknown name is no finding: it may well be
    there, and the finding about that says enough."""

    def __init__(self, *, complete: bool = True) -> None:
        self.complete = complete
        self._nodes: dict[str, Node] = {}

    def declare(self, entries: Mapping[str, Node], findings: Findings) -> None:
        """Take the entries of one file. A name that was declared before is a finding; the first one stays."""
        for name, node in entries.items():
            if (first := self._nodes.get(name)) is not None:
                findings.error(node.key, "declared_twice", name=name, first=str(first.key))
            else:
                self._nodes[name] = node

    def knows(self, name: str, place: Place, sentence: str, findings: Findings, **arguments: str) -> bool:
        """Whether a reference leads anywhere; if not, and nothing is missing, a finding with what may be meant."""
        if name in self._nodes:
            return True
        if self.complete:
            findings.error(place, sentence, name=name[:100], hint=did_you_mean(name, self._nodes), **arguments)
        else:
            findings.missed = True
        return False

    def items(self) -> Iterator[tuple[str, Node]]:
        yield from self._nodes.items()

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def __len__(self) -> int:
        return len(self._nodes)


def declared(
    roots: Mapping[str, Node | None], sections: Mapping[str, Callable[[str], str]], reader: Reader
) -> dict[str, Names]:
    """The names that files declare in their sections. sections: the form of the names of each.

    A file that cannot be read, or has a section nobody knows (it may be one of ours, misspelt), leaves the names incomplete."""
    names = {section: Names() for section in sections}
    for file, root in roots.items():
        known = reader.known(root, file, sections) if root is not None else None
        if root is None or known is None or len(known.entries) < len(root.entries) or not root.is_mapping:
            for each in names.values():
                each.complete = False
        for section, form in sections.items():
            if known is not None and (node := known.get(section)) is not None:
                names[section].declare(reader.named(node, section, form), reader.findings)
                names[section].complete &= node.is_mapping
    return names
