"""Read the small XML files of VTK that name others: their elements, and nothing that expands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from idlat.errors import FieldError

_MAX_BYTES = 64 * 2**20
_MAX_ELEMENTS = 1_000_000


@dataclass(frozen=True)
class Element:
    """A start tag: its name, attributes, and the name of the element that it lies in."""

    tag: str
    attrs: dict[str, str]
    parent: str


def read_elements(path: Path, kinds: tuple[str, ...]) -> list[Element]:
    """List the elements of a file in order.

    Parameters
    ----------
    path
    kinds
        The types that the file may announce.

    Raises
    ------
    FieldError
        If it is no VTK XML file, of another type, damaged or too large.
    """
    found: list[Element] = []
    stack: list[str] = []

    def start(tag: str, attrs: dict[str, str]) -> None:
        found.append(Element(tag, attrs, stack[-1] if stack else ""))
        stack.append(tag)
        if len(found) > _MAX_ELEMENTS:
            raise FieldError(f"{path}: has more than {_MAX_ELEMENTS} XML elements: not read")

    def doctype(*_: Any) -> None:
        raise FieldError(f"{path}: a VTK file has no DOCTYPE: not read")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.StartDoctypeDeclHandler = doctype
    with path.open("rb") as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise FieldError(f"{path}: is larger than {_MAX_BYTES} bytes: expected a file that names others")
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise FieldError(f"{path}: no VTK XML file, or damaged or cut short ({error})") from None
    kind = found[0].attrs.get("type", "nothing")
    if found[0].tag != "VTKFile" or kind not in kinds:
        raise FieldError(f"{path}: holds {kind!r}: expected {' or '.join(kinds)}")
    return found
