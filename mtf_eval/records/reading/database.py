"""A database to grids of cells: the tables and columns the schema names, and nothing else.

Any address SQLAlchemy knows, and DuckDB files. Read-only; incidents are summed to months in the
database, so that a million rows never travel. Checks nothing: that is done as for files.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from mtf_eval.errors import refused
from mtf_eval.records.dataset import Source
from mtf_eval.records.reading.grids import Grid
from mtf_eval.records.tables import TABLES

#: What a database holds, `{table: {column: type}}`, and a way to ask it a SELECT.
Opened = tuple[Mapping[str, Mapping[str, Any]], Callable[[Any], list[Any]]]
#: Databases that can cut a date to its month.
CAN_TRUNCATE = ("postgresql", "sqlite", "duckdb")
#: A column of this name says in which order a table's rows stand, as they do in a file.
POSITION = "row_number"
SUMMED = ("incidents", "incident_points")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def shown(address: str) -> str:
    """Return the address as it may stand in a message or a log: kind and database, no more."""
    kind, _, rest = address.partition("://")
    return f"{kind.partition('+')[0]} database {Path(rest.partition('?')[0]).name}".rstrip()


def read_database(address: str) -> tuple[str, list[Grid], dict[str, Source]]:
    """Read every table of the schema that the database has.

    `address` is such as `postgresql+psycopg://analyst@server/mtf`, `sqlite:///mtf.db` or
    `duckdb:///mtf.duckdb`, never with a password: `${NAME}` is filled in from the environment.
    Returns its name, a grid a table with the headings as first row, and where each came from.
    """
    kind = address.partition("://")[0].partition("+")[0]
    name = Path(address.partition("://")[2].partition("?")[0]).stem or "data"
    grids, sources = [], {}
    with _connected(address) as (held, ask):
        known = {t.lower(): t for t in held}
        for table, schema in TABLES.items():
            if table not in known:
                continue
            types = {c.lower(): (c, t) for c, t in held[known[table]].items()}
            wanted = {c: types[c] for c in schema.columns if c in types}
            order = types.get(POSITION) if table not in SUMMED else None
            headings, question = _question(table, known[table], wanted, kind, order)
            rows = [[_plain(v) for v in row] for row in ask(question)]
            if order is None:
                rows.sort(key=_order(headings, schema.key))
            where = f"table {table}"
            grids.append(Grid(table=table, file=where, rows=[headings, *rows]))
            digest = hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
            sources[table] = Source(table=table, file=where, sha256=digest, rows=0)
    if not grids:
        found = f"{len(held)} table(s), none of them ours"
        raise refused(shown(address), found, "tables named as in the data dictionary", "make views")
    return name, grids, sources


def _question(
    table: str,
    name: str,
    wanted: Mapping[str, tuple[str, Any]],
    kind: str,
    order: tuple[str, Any] | None,
) -> tuple[list[str], Any]:
    """Return headings and a SELECT; of incidents, sums by month, area and measure."""
    given = [*wanted.values(), *([order] if order else [])]
    source = sa.table(name, *(sa.column(c, t) for c, t in given))
    columns: dict[str, Any] = {k: source.c[c] for k, (c, _) in wanted.items()}
    if table != "incidents" or not {"month", "date"} & set(columns):
        asked = sa.select(*columns.values())
        return list(columns), asked.order_by(source.c[order[0]]) if order else asked
    count = columns.pop("count", None)
    if count is not None and not isinstance(count.type, sa.Numeric | sa.Integer):
        return [*columns, "count"], sa.select(*columns.values(), count)
    if "date" in columns and "time" not in columns and isinstance(columns["date"].type, sa.Date):
        columns["date"] = _first_of_month(columns["date"], kind)
    if count is None:
        question = sa.select(*columns.values(), sa.func.count()).group_by(*columns.values())
        return [*columns, "count"], question
    # Counts below nought or missing are summed apart, so that the check still meets them.
    odd = sa.case((count < 0, 1), (count.is_(None), 2), else_=0)
    question = sa.select(*columns.values(), sa.func.sum(count)).group_by(*columns.values(), odd)
    return [*columns, "count"], question


def _first_of_month(day: Any, kind: str) -> Any:
    """Return the first day of a date's month, in the words of the database that is asked."""
    if kind not in CAN_TRUNCATE:
        return day
    if kind == "sqlite":
        return sa.func.strftime(sa.literal_column("'%Y-%m-01'"), day)
    return sa.cast(sa.func.date_trunc(sa.literal_column("'month'"), day), sa.Date)


def _order(headings: list[str], key: tuple[str, ...]) -> Callable[[list[Any]], Any]:
    """Return the order of rows, which a database does not keep: by the key, then by the rest."""
    places = [headings.index(n) for n in (*key, *headings) if n in headings]

    def of_row(row: list[Any]) -> list[tuple[bool, bool, Any]]:
        numbers = ((row[p], isinstance(row[p], int | float)) for p in places)
        return [(v is not None, not n, v if n else str(v)) for v, n in numbers]

    return of_row


def _plain(value: Any) -> Any:
    """Return a database's number as a reader of cells knows it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


# Connections


@contextmanager
def _connected(address: str) -> Iterator[Opened]:
    if re.search(r"//[^/@]*:[^/@$][^/@]*@|[?&]\w*password=[^$]", address):
        todo = "write ${NAME} in its place and set NAME in the environment, or use PGPASSWORD"
        raise refused(shown(address), "a password in the address", "an address without one", todo)
    if missing := [n for n in _SECRET.findall(address) if n not in os.environ]:
        raise refused(
            shown(address), f"{missing[0]} is not set", "a value in the environment", "set it"
        )
    full = _SECRET.sub(lambda m: os.environ[m[1]], address)
    with _duckdb(full) if address.startswith("duckdb:") else _sqlalchemy(full) as opened:
        yield opened


@contextmanager
def _sqlalchemy(address: str) -> Iterator[Opened]:
    try:
        url = sa.make_url(address)
        if url.get_backend_name() == "sqlite":
            _must_exist(address, url.database)
            url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
        engine = sa.create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        expected = "postgresql+psycopg://, sqlite:/// or duckdb:///"
        todo = "check the address; PostgreSQL needs the package psycopg"
        raise refused(shown(address), "an address of an unknown kind", expected, todo) from None
    try:
        with engine.connect() as connection:
            if url.get_backend_name() == "postgresql":
                connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            look = sa.inspect(connection)
            names = [*look.get_table_names(), *look.get_view_names()]
            held = {n: {c["name"]: c["type"] for c in look.get_columns(n)} for n in names}
            yield held, lambda question: list(connection.execute(question))
    except SQLAlchemyError as error:
        found = f"no answer ({type(error.__cause__ or error).__name__})"
        todo = "check server, port, user, password and the right to read"
        raise refused(shown(address), found, "a database that can be read", todo) from None
    finally:
        engine.dispose()


@contextmanager
def _duckdb(address: str) -> Iterator[Opened]:
    import duckdb
    from sqlalchemy.dialects import postgresql

    place = address.partition(":///")[2]
    _must_exist(address, place)
    try:
        connection = duckdb.connect(place, read_only=True)
    except duckdb.Error:
        todo = "close the program that has it open, or check the file"
        raise refused(shown(address), "a file that does not open", "a DuckDB file", todo) from None
    try:
        held: dict[str, dict[str, Any]] = {}
        listed = "SELECT table_name, column_name, data_type FROM information_schema.columns"
        for table, column, kind in connection.execute(listed).fetchall():
            held.setdefault(table, {})[column] = _duckdb_type(kind)
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        yield (
            held,
            lambda q: connection.execute(
                str(q.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
            ).fetchall(),
        )
    finally:
        connection.close()


def _duckdb_type(kind: str) -> Any:
    if kind.startswith("TIMESTAMP"):
        return sa.DateTime()
    if kind == "DATE":
        return sa.Date()
    whole = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
    if kind in whole or kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        return sa.Numeric()
    return sa.String()


def _must_exist(address: str, place: str | None) -> None:
    if not place or not Path(place).is_file():
        raise refused(shown(address), "no such file", "a database file", "check the path")
