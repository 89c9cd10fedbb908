"""The Classic API's documents: XML in, and out either XML or the JSON that `Accept` asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask import Response, jsonify, request
from lxml import etree

from sandbox.jamf.errors import JamfError, conflict
from sandbox.jamf.store import Json

Element: TypeAlias = Any  # lxml brings no types


@dataclass(frozen=True)
class Listed:
    """`<computers><computer>…</computer></computers>`, which JSON flattens to a list; `size` counts them first."""

    tag: str
    items: list[Any]
    size: bool = False


@dataclass(frozen=True)
class Repeated:
    """The same element several times; JSON keeps the last."""

    values: list[Any]


def document(tag: str, content: Json | Listed, status: int = 200) -> Response:
    """As XML unless JSON is asked for; only reads know JSON."""
    if request.method == "GET" and request.accept_mimetypes.best_match(["text/xml", "application/json"]) == (
        "application/json"
    ):
        return jsonify({tag: _plain(content)})
    root = etree.Element(tag)
    _fill(root, content)
    text = b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(root, encoding="utf-8")
    return Response(text, status=status, mimetype="text/xml")


def made(tag: str, identifier: int) -> Response:
    """The answer to a write."""
    return document(tag, {"id": identifier}, status=201)


def parsed(tag: str) -> Element:
    """The request's document; its root must be `tag`."""
    if request.mimetype not in {"application/xml", "text/xml"}:
        raise JamfError(415, "Unsupported Media Type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(request.get_data(), parser)
    except etree.XMLSyntaxError:
        raise JamfError(400, "Error: The request could not be understood by the server due to malformed syntax") from (
            None
        )
    if root.tag != tag:
        conflict(f"Unexpected element {root.tag}")
    return root


def text_of(parent: Element | None, tag: str) -> str | None:
    """None where the element is missing; blanks around the text do not count."""
    found = None if parent is None else parent.find(tag)
    return None if found is None else (found.text or "").strip()


def is_true(text: str) -> bool:
    return text.strip().casefold() == "true"


def choice(allowed: tuple[str, ...], otherwise: str) -> Callable[[str], str]:
    """Jamf stores its own default for what is none of its words, and says 201."""
    known = {word.casefold(): word for word in allowed}
    return lambda text: known.get(text.casefold(), otherwise)


def given(element: Element | None, known: Mapping[str, Callable[[str], Any]]) -> Json:
    """The known fields that the document has; unknown ones are dropped in silence."""
    if element is None:
        return {}
    found = {name: text_of(element, name) for name in known}
    return {name: known[name](text) for name, text in found.items() if text is not None}


def category(element: Element | None) -> None:
    """This Jamf Pro has no categories: only -1, or none at all, is known."""
    wanted = None if element is None else element.find("category")
    if wanted is None:
        return
    reference = text_of(wanted, "id") or text_of(wanted, "name") or "-1"
    if reference not in {"-1", "No category assigned"}:
        conflict(f"No match found for category {reference}")


def _plain(value: Any) -> Any:
    match value:
        case Listed():
            return [_plain(item) for item in value.items]
        case Repeated():
            return _plain(value.values[-1])
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case _:
            return value


def _fill(element: Element, value: Any) -> None:
    match value:
        case Listed():
            if value.size:
                etree.SubElement(element, "size").text = str(len(value.items))
            for item in value.items:
                _fill(etree.SubElement(element, value.tag), item)
        case dict():
            for name, each in value.items():
                for one in each.values if isinstance(each, Repeated) else [each]:
                    _fill(etree.SubElement(element, name), one)
        case bool():
            element.text = str(value).lower()
        case None:
            pass
        case _:
            element.text = str(value)
