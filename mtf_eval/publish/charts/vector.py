"""matplotlib's SVG made small, and the same every time: a tenth of the page's weight otherwise.

Knows nothing of charts.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
KEPT_IDS = re.compile(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"")
DROPPED = {"stroke-linejoin", "stroke-miterlimit", "stroke-linecap", "font-family"}


def slim(text: str, *, size: int, ink: str) -> str:
    """Return SVG without what a browser does not need: ids, metadata, clips, long numbers."""
    text = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.S
    )
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            drawn = {f"{SVG}path", f"{SVG}pattern"} & {c.tag for c in child}
            empty = child.tag == f"{SVG}defs" and not drawn
            if empty or child.tag in (f"{SVG}style", f"{SVG}clipPath"):
                parent.remove(child)
    for element in root.iter():
        _plain(element.attrib, element.tag == f"{SVG}text", str(size), ink)
    raw = ElementTree.tostring(root, encoding="unicode")
    used = {a or b for a, b in KEPT_IDS.findall(raw)}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    _unwrap(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    raw = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    raw = raw.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    return re.sub(r">\s+<", "><", raw.replace("xlink:href", "href"))


def _plain(attributes: dict[str, str], is_text: bool, size: str, ink: str) -> None:
    """Turn matplotlib's style strings into short attributes and round the numbers."""
    attributes.pop("clip-path", None)
    for part in attributes.pop("style", "").split(";"):
        name, _, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font-size":
            attributes[name] = value.removesuffix("px")
        elif name and name not in DROPPED:
            attributes[name] = value
    if attributes.get("font-size") == size:
        del attributes["font-size"]
    if is_text and attributes.get("fill", "").upper() == ink:
        del attributes["fill"]

    def short(number: re.Match[str]) -> str:
        return f"{float(number[0]):.1f}".rstrip("0").rstrip(".")

    for name in ("d", "x", "y", "transform", "points", "stroke-width"):
        if name in attributes:
            plain = attributes[name].replace("\n", "").strip()
            attributes[name] = re.sub(r"-?\d+\.\d+", short, plain)
    if is_text and re.match(r"rotate\(-?0 ", attributes.get("transform", "")):
        del attributes["transform"]


def _unwrap(element: ElementTree.Element) -> None:
    """Drop groups that say nothing."""
    children: list[ElementTree.Element] = []
    for child in list(element):
        _unwrap(child)
        if child.tag == f"{SVG}g" and not child.attrib:
            children.extend(child)
        else:
            children.append(child)
    element[:] = [c for c in children if c.tag not in (f"{SVG}g", f"{SVG}defs") or len(c)]
