"""What a million more incidents cost: seconds, peak memory and rows fetched from PostgreSQL.

    python benchmarks/database.py postgresql+psycopg://mtf@127.0.0.1:5432 example [ROUNDS]

The second word is a database of that server that holds a data set. It is copied on the server, a
million rows of incidents are added to the copy there, and both are read by a fresh process each,
in turn. Needs the right to make a database; the copy is dropped.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import sqlalchemy as sa

ROWS = 1_000_000
COPY = "mtf_million"
READ = """
import json, resource, sys, time
import sqlalchemy as sa
fetched = {}
def count(connection, cursor, statement, *rest):
    name = "incidents" if "incidents" in statement else "other"
    fetched[name] = fetched.get(name, 0) + max(cursor.rowcount, 0)
sa.event.listen(sa.engine.Engine, "after_cursor_execute", count)
from mtf_eval import load
start = time.perf_counter()
data = load(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
held = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
print(json.dumps({
    "seconds": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime,
    "mib": int(held) / 1024, "fetched": fetched["incidents"],
    "incidents": int(data.table("incidents")["count"].sum())}))
"""


def read(address: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", READ, address], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(server: str, name: str, rounds: int) -> dict[str, float]:
    """Return the medians of what the million rows add, and how many rows were fetched for all."""
    with sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT").connect() as c:
        c.execute(sa.text(f'CREATE DATABASE {COPY} TEMPLATE "{name}"'))
        try:
            with sa.create_engine(f"{server}/{COPY}", poolclass=sa.NullPool).begin() as copy:
                copy.execute(
                    sa.text(
                        "INSERT INTO incidents (month, area_code, measure, count) "
                        "SELECT month, area_code, measure, 1 FROM incidents "
                        "CROSS JOIN generate_series(1, "
                        "(SELECT 1 + :rows / count(*) FROM incidents)) LIMIT :rows"
                    ),
                    {"rows": ROWS},
                )
            pairs = [(read(f"{server}/{name}"), read(f"{server}/{COPY}")) for _ in range(rounds)]
        finally:
            c.execute(sa.text(f"DROP DATABASE {COPY}"))
    added = {
        key: statistics.median(more[key] - less[key] for less, more in pairs)
        for key in ("seconds", "cpu", "mib", "incidents")
    }
    return {**added, "fetched": pairs[0][1]["fetched"]}


if __name__ == "__main__":
    found = measure(sys.argv[1], sys.argv[2], int(sys.argv[3]) if sys.argv[3:] else 3)
    print(json.dumps(found))
    print(
        f"{found['incidents']:,.0f} more incidents: {found['seconds']:+.2f} s, of it "
        f"{found['cpu']:+.2f} s in Python; peak memory {found['mib']:+.0f} MiB; "
        f"{found['fetched']:,.0f} rows fetched",
        file=sys.stderr,
    )
