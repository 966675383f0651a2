"""The same data set from a folder, SQLite, DuckDB and a real PostgreSQL server."""

from __future__ import annotations

import glob
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa
from tiny_desk import without_time
from typed_here import typed

from mtf_eval.errors import DataProblems
from mtf_eval.records.desk.blank import write_workbook
from mtf_eval.records.load import load
from mtf_eval.records.reading.database import read_database
from mtf_eval.records.tables import TABLES

EXAMPLE = Path(__file__).parent.parent / "data" / "example"


def frames() -> dict[str, pd.DataFrame]:
    """Tables of the example as a database would hold them: dates as dates, the rest as read."""
    found = {}
    for path in sorted(EXAMPLE.glob("*.csv")):
        frame = pd.read_csv(path)
        for column in frame.columns:
            if column in ("date", "due", "month") or column.endswith(("_start", "_end", "_date")):
                frame[column] = pd.to_datetime(frame[column]).dt.date
        found[path.stem] = frame
    return found


def same(left: str | Path, right: str | Path) -> None:
    one, other = load(left), load(right)
    assert set(one.tables) == set(other.tables)
    for name, frame in one.tables.items():
        keys = list(frame.columns)
        a = frame.sort_values(keys).reset_index(drop=True)
        b = other.tables[name].sort_values(keys).reset_index(drop=True)
        pd.testing.assert_frame_equal(a, b, obj=name)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "example.db"
    with sqlite3.connect(path) as connection:
        for name, frame in frames().items():
            frame.to_sql(name, connection, index=False)
    return path


def server_tools() -> Path | None:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    on_path = shutil.which("initdb")
    return Path(found[-1]).parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own on a free port of this machine; yields its address."""
    tools = server_tools()
    if tools is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL must be installed where the suite runs unattended")
        pytest.skip("needs a PostgreSQL server (initdb was not found)")
    folder = Path("/tmp") / f"mtf-pg-{os.getpid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    init = [*as_user, str(tools / "initdb"), "-D", str(data), "-U", "mtf", "-A", "trust", "-N"]
    subprocess.run(init, check=True, capture_output=True, cwd=folder)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [*as_user, str(tools / "pg_ctl"), "-D", str(data), "-w"]
    log = ["-l", str(folder / "log"), "-o", options]
    subprocess.run([*control, *log, "start"], check=True, capture_output=True, cwd=folder)
    base = f"postgresql+psycopg://mtf@127.0.0.1:{port}"
    try:
        with sa.create_engine(f"{base}/postgres", isolation_level="AUTOCOMMIT").connect() as c:
            c.execute(sa.text("CREATE DATABASE example"))
        engine = sa.create_engine(f"{base}/example")
        for name, frame in frames().items():
            frame["row_number"] = range(len(frame))
            frame.to_sql(name, engine, index=False, chunksize=5000, method="multi")
        engine.dispose()
        yield base
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def test_sqlite_gives_what_the_folder_gives(sqlite: Path) -> None:
    same(EXAMPLE, f"sqlite:///{sqlite}")


def test_duckdb_gives_what_the_folder_gives(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "example.duckdb")) as connection:
        for name, frame in frames().items():
            connection.register("given", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
    same(EXAMPLE, f"duckdb:///{tmp_path}/example.duckdb")


@pytest.mark.postgres
def test_postgresql_gives_what_the_folder_gives(postgres: str) -> None:
    same(EXAMPLE, f"{postgres}/example")


@pytest.mark.postgres
def test_a_million_incidents_are_summed_in_the_database(postgres: str) -> None:
    with sa.create_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT").connect() as c:
        c.execute(sa.text("CREATE DATABASE million"))
    with sa.create_engine(f"{postgres}/million").begin() as c:
        c.execute(sa.text("CREATE TABLE projects AS SELECT 'P1' AS project_id WHERE false"))
        c.execute(
            sa.text(
                "CREATE TABLE incidents AS SELECT DATE '2023-01-01' + (i % 730) AS date, "
                "'E' || (i % 100) AS area_code, 'Burglary' AS measure, "
                "'secret words' AS notes FROM generate_series(1, 1000000) AS i"
            )
        )
    name, grids, _ = read_database(f"{postgres}/million")
    (grid,) = [g for g in grids if g.table == "incidents"]
    headings, *rows = grid.rows
    assert name == "million"
    assert "notes" not in headings
    assert len(rows) <= 24 * 100
    assert sum(row[headings.index("count")] for row in rows) == 1_000_000


@pytest.mark.postgres
def test_a_million_incidents_add_little(postgres: str) -> None:
    """Memory and rows fetched are held here; seconds are told by the benchmark, on a quiet day."""
    benchmark = Path(__file__).parent.parent / "benchmarks" / "database.py"
    command = [sys.executable, str(benchmark), postgres, "example", "1"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    found = json.loads(done.stdout)
    assert found["incidents"] == 1_000_000
    assert found["fetched"] <= len(pd.read_csv(EXAMPLE / "incidents.csv"))
    assert found["mib"] < 200


@pytest.mark.postgres
def test_a_database_without_our_tables_is_refused(postgres: str) -> None:
    with pytest.raises(DataProblems, match="none of them ours"):
        read_database(f"{postgres}/postgres")


@pytest.mark.postgres
def test_a_reader_without_the_right_to_read_is_told(postgres: str) -> None:
    with sa.create_engine(f"{postgres}/example").begin() as c:
        c.execute(sa.text("CREATE ROLE stranger LOGIN"))
    address = f"{postgres}/example".replace("//mtf@", "//stranger@")
    with pytest.raises(DataProblems, match="the right to read"):
        read_database(address)


@pytest.mark.postgres
def test_nothing_can_be_written(postgres: str) -> None:
    from mtf_eval.records.reading import database

    with (
        pytest.raises(DataProblems),
        database._connected(f"{postgres}/example") as (_, ask),
    ):
        ask(sa.text("DELETE FROM projects"))


def test_a_connection_that_is_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DataProblems, match=r"postgresql database mtf: found no answer"):
        read_database(f"postgresql+psycopg://analyst@127.0.0.1:{port}/mtf")


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(DataProblems, match="password in the address") as caught:
        read_database("postgresql+psycopg://analyst:hunter2@server/mtf")
    assert "hunter2" not in str(caught.value)
    assert "analyst" not in str(caught.value)


def test_a_secret_comes_from_the_environment(sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataProblems, match="MTF_PLACE is not set"):
        read_database("sqlite:///${MTF_PLACE}")
    monkeypatch.setenv("MTF_PLACE", str(sqlite))
    assert read_database("sqlite:///${MTF_PLACE}")[1]


@pytest.mark.parametrize("address", ["nonsense://x/y", "sqlite:///missing.db", "duckdb:///no.db"])
def test_an_address_that_leads_nowhere(address: str) -> None:
    with pytest.raises(DataProblems, match=r"unknown kind|no such file"):
        read_database(address)


@pytest.mark.parametrize("numbered", [False, True])
def test_rows_come_in_their_own_order_or_in_that_of_their_keys(
    tmp_path: Path, numbered: bool
) -> None:
    actions = pd.read_csv(EXAMPLE / "actions.csv").head(4)
    shuffled = actions.iloc[[2, 0, 3, 1]].assign(Row_Number=[20, 3, 100, 1])
    with sqlite3.connect(tmp_path / "mtf.db") as connection:
        pd.read_csv(EXAMPLE / "projects.csv").to_sql("projects", connection, index=False)
        kept = shuffled if numbered else shuffled.drop(columns="Row_Number")
        kept.to_sql("actions", connection, index=False)
    found = load(f"sqlite:///{tmp_path}/mtf.db").table("actions")
    order = [1, 0, 2, 3] if numbered else [0, 1, 2, 3]
    assert found["action_id"].tolist() == actions["action_id"].iloc[order].tolist()
    assert "row_number" not in {c.lower() for c in found}


def test_a_password_as_an_option_is_refused_and_not_repeated() -> None:
    with pytest.raises(DataProblems, match="password in the address") as caught:
        read_database("postgresql+psycopg://analyst@server/mtf?password=hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_wrong_type_is_refused_with_table_row_and_column(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mtf.db") as connection:
        row = {"month": ["2021-09"], "received": ["many"], "accepted": [1], "rejected": [0]}
        frame = pd.DataFrame(row | {"saras": [0], "completed": [0], "as_at": ["2021-12-15"]})
        frame.to_sql("monthly_referrals", connection, index=False)
    with pytest.raises(DataProblems, match=r"monthly_referrals, row 2, column received"):
        load(f"sqlite:///{tmp_path}/mtf.db")


@pytest.mark.parametrize(
    ("count", "found"), [(-4, "column count: found -4"), (None, "column count: found nothing")]
)
def test_no_odd_count_is_lost_in_a_sum(tmp_path: Path, count: int | None, found: str) -> None:
    with sqlite3.connect(tmp_path / "mtf.db") as connection:
        rows = {"month": ["2023-01"] * 2, "area_code": ["E01024692"] * 2}
        frame = pd.DataFrame(rows | {"measure": ["Burglary"] * 2, "count": [9, count]})
        frame.to_sql("incidents", connection, index=False)
        pd.read_csv(EXAMPLE / "projects.csv").to_sql("projects", connection, index=False)
    with pytest.raises(DataProblems, match=rf"incidents, row \d+, {found}"):
        load(f"sqlite:///{tmp_path}/mtf.db")


@pytest.mark.postgres
@pytest.mark.slow
def test_reports_are_the_same_to_the_byte_wherever_the_records_are_kept(
    postgres: str, tmp_path: Path
) -> None:
    """Folder, workbook and server give the same published files but for the time of the run.

    The run record alone tells them apart: it says where the data were read from.
    """
    folder = tmp_path / "example"
    folder.mkdir()
    for path in EXAMPLE.glob("*.csv"):
        if path.stem in TABLES:  # a file that is no table is a note of its own in a folder
            shutil.copy(path, folder)
    write_workbook(tmp_path / "example.xlsx", load(folder))
    places = [str(folder), str(tmp_path / "example.xlsx"), f"{postgres}/example"]
    sets = [published(place, tmp_path / str(n)) for n, place in enumerate(places)]
    for place, files in zip(places, sets, strict=True):
        record = json.loads(files.pop("example/run.json"))
        assert record["read_from"] == place
        assert {r["table"] for r in record["read"]} <= set(TABLES)
        told = [name for name, content in files.items() if place.encode() in content]
        assert told == []
    assert len(sets[0]) > 20
    for files in sets[1:]:
        assert [n for n in sets[0].keys() | files if sets[0].get(n) != files.get(n)] == []


def published(data: str, folder: Path) -> dict[str, bytes]:
    """Every file of a run, without the time it was run."""
    out = folder / "reports"
    narrow = ["--project", "EX03", "--report", "project_evaluation", "--report", "data_quality"]
    done = typed("run", data, *narrow, "--out", str(out), cwd=Path(__file__).parent.parent)
    assert done.returncode == 0, done.stderr
    return {
        p.relative_to(out).as_posix(): without_time(p.read_bytes())
        for p in sorted(out.rglob("*"))
        if p.is_file()
    }
