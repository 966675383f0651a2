"""What a checked data set is: its tables, where each came from, and what reading them found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from mtf_eval.errors import BadArgument, RunRefused

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")


#: What is found of a heading that nothing knows.
UNREAD = "unknown column, not read"
#: Key in `Dataset.memo` of what it was read from and cut at, where that is known for certain.
CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one table came from, and in what state.

    `sha256` is of the file's bytes (of a database, of the rows as they came); `content` is of the
    checked rows, so the same records have the same one wherever they came from. `by_file` says
    that each month of a force comes in a file of its own: no row, no file.
    """

    table: str
    file: str
    sha256: str
    rows: int
    sheet: str = ""
    as_at: date | None = None
    content: str = ""
    by_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something reading or checking noticed that does not stop the work.

    `kind` is `repaired` (read with certainty although untidy), `warning` (kept as it is, look at
    it) or `note`.
    """

    kind: str
    table: str
    text: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""


class _About(dict[str, str]):
    """Facts of a data set, which notes the ones that were asked for."""

    def __init__(self, facts: Mapping[str, str], reads: set[str]) -> None:
        super().__init__(facts)
        self.reads = reads

    def get(self, key: str, default: Any = None) -> Any:
        self.reads.add(f"about:{key}")
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.reads.add(f"about:{key}")
        return super().__getitem__(key)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Dataset:
    """A checked data set.

    A table that was not given is an empty frame with the schema's columns and types. `about` holds
    facts of the whole: `title`, `publisher`, `description`, `illustrative` (`yes` or `no`),
    `source`, `licence`, `price_year`. `digest` is over the rows of all tables and what reading them
    found; `redrawn` names areas that are a part of what was split or merged and cannot be followed;
    projects `ahead` have costs dated after the day it was cut at.
    """

    name: str
    path: Path
    tables: Mapping[str, pd.DataFrame]
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    redrawn: Mapping[str, str] = field(default_factory=dict)
    own_prices: Path | None = None
    ahead: frozenset[str] = frozenset()
    #: Day it was cut at by `load(..., as_of=...)`.
    as_of: date | None = None
    #: What `once` has worked out of this data set; never carried to a changed one.
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    #: Units that were asked of it, as `reads` names them.
    reads: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "about", _About(self.about, self.reads))

    def __repr__(self) -> str:
        held = ", ".join(f"{s.table} ({s.rows:,} rows)" for s in self.sources if s.rows)
        return f"{self.title}, up to {self.until}: {held}"

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the schema; empty when it was not given."""
        self.reads.add(name)
        return self._held(name)

    def own(self, name: str, project_id: str) -> pd.DataFrame:
        """Return a table's rows of one project, with the index they have in it."""
        self.reads.add(f"{name}[{project_id}]")
        return self._part(name, "project_id", project_id)

    def of_measure(self, name: str, measure: str) -> pd.DataFrame:
        """Return a table's rows of one measure."""
        self.reads.add(f"{name}.measure={measure}")
        return self._part(name, "measure", measure)

    def _part(self, name: str, column: str, value: str) -> pd.DataFrame:
        frame = self._held(name)
        if (name, column) not in self.memo:
            self.memo[name, column] = frame.groupby(column).indices
        return frame.iloc[self.memo[name, column].get(value, [])]

    def columns(self, name: str, *columns: str) -> pd.DataFrame:
        """Return some columns of a table."""
        self.reads.update(f"{name}.{column}" for column in columns)
        return self._held(name)[list(columns)]

    def _held(self, name: str) -> pd.DataFrame:
        if name not in self.tables:
            raise BadArgument(f"table {name!r}: expected one of {', '.join(sorted(self.tables))}")
        return self.tables[name]

    def area_name(self, code: str) -> str:
        """Return an area's name, or those of what it was redrawn from; empty without one."""
        if "area names" not in self.memo:
            self.memo["area names"] = dict(self._held("area_names").to_numpy().tolist())
        names: dict[str, str] = self.memo["area names"]
        self.reads.add("area_names")
        return " and ".join(n for part in code.split("/") if (n := names.get(part)))

    def area(self, code: str, role: str = "") -> str:
        """Return an area's name with its code, and its role; the code alone without a name."""
        name = self.area_name(code)
        beside = ", ".join(filter(None, [code if name else "", role]))
        return f"{name or code} ({beside})" if beside else code

    def notes(self, table: str | None = None) -> tuple[Finding, ...]:
        """Return what reading found, of one table or of all."""
        self.reads.add("notes" if table is None else f"notes[{table}]")
        return tuple(f for f in self.findings if table is None or f.table == table)

    def has(self, name: str) -> bool:
        """Whether the table was given and has rows."""
        return len(self.table(name)) > 0

    def origins(self) -> tuple[Source, ...]:
        """Return where every table that was given came from."""
        self.reads.add("as at")
        return self.sources

    @property
    def until(self) -> date | None:
        """Last day that counts: the one it was cut at, else the one it says it runs to."""
        self.reads.add("day")
        given = self.about.get("as_at")
        return self.as_of or (date.fromisoformat(given) if given else None)

    @property
    def title(self) -> str:
        """The data set's title, its name where none was given."""
        given = self.about.get("title")
        if given is None:
            self.reads.add("name")
        return given or self.name

    @property
    def illustrative(self) -> bool:
        """Whether the data are made up; every page from them says so."""
        return self.about.get("illustrative", "no") == "yes"

    def source(self, table: str) -> Source | None:
        """Return where a table came from, `None` when it was not given."""
        self.reads.add(f"as at[{table}]")
        return next((s for s in self.sources if s.table == table), None)


def no_day(name: str) -> RunRefused:
    """Return the refusal of a data set of which nobody can say up to when it is complete."""
    return RunRefused(
        f"{name}: nothing in it is dated, so it has no day of its own; write as_at into the table "
        "about, or give the day (as_of, --as-of)"
    )


@contextmanager
def noting(data: Dataset, *, lasting: bool = True) -> Iterator[set[str]]:
    """Gather what is asked of a data set meanwhile, also what was asked before.

    With `lasting=False` it is not counted as read by the report.
    """
    before, read = set(data.reads), set[str]()
    data.reads.clear()
    try:
        yield read
    finally:
        read |= data.reads
        data.reads.clear()
        data.reads.update(before | read if lasting else before)


def once(function: Callable[Concatenate[Dataset, P], T]) -> Callable[Concatenate[Dataset, P], T]:
    """Work out a result of a data set once; frames are handed out as copies that share memory.

    The arguments beside the data set must be hashable, the result must not depend on anything
    else.
    """

    @wraps(function)
    def kept(data: Dataset, /, *args: P.args, **named: P.kwargs) -> T:
        key = (function.__module__, function.__qualname__, args, tuple(sorted(named.items())))
        if key not in data.memo:
            with noting(data) as read:
                made = function(data, *args, **named)
            data.memo[key] = made, read
        result: Any = data.memo[key][0]
        data.reads.update(data.memo[key][1])
        shared: T = result.copy(deep=False) if hasattr(result, "dtypes") else result
        return shared

    return kept
