"""Writes docs/data_dictionary.md: every table and column that can be given, from the schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pandera.pandas import DataFrameSchema

from mtf_eval.records.schema import fact, holds
from mtf_eval.records.tables import TABLES

PAGE = Path(__file__).parent.parent / "docs" / "data_dictionary.md"


def dictionary(tables: Mapping[str, DataFrameSchema]) -> str:
    """Write the data dictionary, in Markdown, from the tables."""
    out = [
        "# Data dictionary",
        "",
        "Generated from the schema; `*` marks what every row needs. A data set is a folder with",
        "one CSV per table, a workbook with one sheet per table, or a database with these tables.",
        "Tables and columns without `*` may be left out.",
    ]
    for name, schema in tables.items():
        key = ", ".join(f"`{k}`" for k in fact(schema, "key"))
        out += ["", f"## {name}", "", f"{schema.description}"]
        out += ["", f"Each row is named once by {key}."] if key else []
        out += ["", "| column | holds | counts people | meaning |", "| --- | --- | --- | --- |"]
        for heading, col in schema.columns.items():
            meta = col.metadata or {}
            star, people = "*" * meta["required"], "yes" * meta["people"]
            meaning = f"{col.description}"
            out.append(f"| `{heading}`{star} | {holds(col)} | {people} | {meaning} |")
        rules = [f"- `{c.name}`: {c.error}" for c in schema.checks]
        out += ["", "Rules:", "", *rules] if rules else []
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    PAGE.write_text(dictionary(TABLES), encoding="utf-8")
