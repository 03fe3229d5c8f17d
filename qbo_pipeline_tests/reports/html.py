"""A page read back: its elements, its texts, its tables by heading."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

_VOID = ("meta", "link", "br", "img", "input")


@dataclass
class Element:
    """An element with its attributes, and what stands in it."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """Every element of that tag with these attributes, below this one, in order."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and attributes.items() <= child.attributes.items():
                    found.append(child)
                found += child.find(tag, **attributes)
        return found

    def every(self) -> list[Element]:
        """All elements below this one."""
        below = [child for child in self.children if isinstance(child, Element)]
        return below + [one for child in below for one in child.every()]

    @property
    def text(self) -> str:
        """The text, without what is for reading aloud only."""
        if self.attributes.get("class") == "vh":
            return ""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, dict(attrs))
        self.open[-1].children.append(one)
        if tag not in _VOID:
            self.open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(page: str) -> Element:
    """The page as a tree; an element that is not closed in its place fails."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def rows(root: Element, table: str) -> list[dict[str, str]]:
    """The rows of a table by its headings; none where the page has no such table."""
    found = root.find("table", id=table)
    if not found:
        return []
    headings = [one.text for one in found[0].find("thead")[0].find("th")]
    body = found[0].find("tbody")[0].find("tr")
    return [dict(zip(headings, (cell.text for cell in row.find("td")), strict=True)) for row in body]


def amount(text: str) -> Decimal:
    """(1,234.56) as a decimal."""
    plain = text.strip().replace(",", "")
    return -Decimal(plain[1:-1]) if plain.startswith("(") else Decimal(plain)
