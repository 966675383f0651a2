"""A notebook as a template: its typed parameters, read without running or importing anything heavy.

papermill only logs an unknown or mistyped parameter and runs on with the default; here it is
refused before a kernel starts. Runs nothing.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import io
import json
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtf_eval.errors import BadArgument, RunRefused

_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "list": list,
    "dict": dict,
    "None": type(None),
}
_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "True or False"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One line of the `parameters` cell: `year: int = 2021  # calendar year`.

    `types` names the plain types allowed, from the annotation or, without one, the default.
    """

    name: str
    types: tuple[str, ...]
    required: bool
    default: Any = None
    comment: str = ""

    def accepts(self, value: object) -> bool:
        """Whether a value is of one of the types; True is not a whole number."""
        if isinstance(value, bool):
            return "bool" in self.types
        return any(isinstance(value, _TYPES[name]) for name in self.types)

    def parse(self, text: str) -> Any:
        """Turn a command line's text into the first type it fits; text where nothing else does."""
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text
        return value if self.accepts(value) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A report notebook: where it is, its text, what it takes, and the digest of what it says."""

    path: Path
    source: str = field(repr=False)
    parameters: Mapping[str, Parameter]
    digest: str

    @property
    def name(self) -> str:
        """The report's name: the notebook's file name without its ending."""
        return self.path.stem

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters to inject, or refuse with every problem in one message."""
        problems = []
        for name, value in given.items():
            known = self.parameters.get(name)
            if known is None:
                near = difflib.get_close_matches(name, self.parameters, n=1)
                names = ", ".join(self.parameters) or "none"
                hint = f"did you mean {near[0]}?" if near else f"it has {names}"
                problems.append(f"{name}: the notebook has no such parameter; {hint}")
            elif not known.accepts(value):
                want = " or ".join(_WORDS.get(t, t) for t in known.types)
                problems.append(f"{name}: found {type(value).__name__}; expected {want}")
            elif not _plain(value):
                problems.append(f"{name}: not plain JSON (text, whole or finite number, list)")
        problems += [
            f"{p.name}: has no default and was not given"
            for p in self.parameters.values()
            if p.required and p.name not in given
        ]
        if problems:
            raise BadArgument(
                f"{self.path.name}: {len(problems)} problem(s) with its parameters:\n"
                + "\n".join(f"  - {p}" for p in problems)
            )
        return dict(given)


def read_template(path: Path) -> Template:
    """Read a notebook's parameters and digest."""
    try:
        source = path.read_bytes().decode("utf-8")
        book = json.loads(source)
        cells = book["cells"]
        sources = [
            (c["cell_type"], "".join(c["source"]), sorted(c["metadata"].get("tags", [])))
            for c in cells
        ]
    except OSError as error:
        raise RunRefused(f"{path.name}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunRefused(f"{path.name}: not a Jupyter notebook (format 4, JSON)") from None
    tagged = [text for kind, text, tags in sources if kind == "code" and "parameters" in tags]
    if len(tagged) != 1:
        raise RunRefused(
            f"{path.name}: found {len(tagged)} cells tagged `parameters`; expected one. "
            "Select the cell with the parameters in JupyterLab and add the tag in the property "
            "inspector"
        )
    digest = hashlib.sha256(json.dumps(sources, ensure_ascii=False).encode()).hexdigest()
    return Template(path=path, source=source, parameters=_read_cell(path, tagged[0]), digest=digest)


def _read_cell(path: Path, source: str) -> dict[str, Parameter]:
    try:
        body = ast.parse(source).body
        comments = {
            token.start[0]: token.string.lstrip("# ").rstrip()
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError):
        raise RunRefused(f"{path.name}: its parameters cell is not Python") from None
    found = {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, note = node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, note = node.targets[0].id, ""
        else:
            continue
        try:
            default = None if node.value is None else ast.literal_eval(node.value)
        except ValueError:
            raise RunRefused(f"{path.name}: the default of {name} is not a plain value") from None
        types = tuple(part.split("[")[0].strip() for part in note.split("|")) if note else ()
        if not types:
            types = ("None" if default is None else type(default).__name__,)
        if not set(types) <= set(_TYPES):
            raise RunRefused(
                f"{path.name}: {name} is annotated {note or types[0]}; expected some of "
                + ", ".join(_TYPES)
            )
        found[name] = Parameter(
            name=name,
            types=types,
            required=node.value is None,
            default=default,
            comment=comments.get(node.end_lineno or node.lineno, ""),
        )
    return found


def _plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(isinstance(k, str) and _plain(v) for k, v in value.items())
    return value is None or isinstance(value, str | int)
