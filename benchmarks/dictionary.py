"""Writes docs/data_dictionary.md: every table and column that can be given, from the schema."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mtf_eval.records.tables import TABLES, Schema

PAGE = Path(__file__).parent.parent / "docs" / "data_dictionary.md"


def dictionary(tables: Mapping[str, Schema]) -> str:
    """Write the data dictionary, in Markdown, from the tables."""
    out = [
        "# Data dictionary",
        "",
        "Generated from the schema; `*` marks what every row needs. A data set is a folder with",
        "one CSV per table, a workbook with one sheet per table, or a database with these tables.",
        "Tables and columns without `*` may be left out.",
    ]
    for name, schema in tables.items():
        key = ", ".join(f"`{k}`" for k in schema.key)
        out += ["", f"## {name}", "", f"{schema.meaning}"]
        out += ["", f"Each row is named once by {key}."] if key else []
        out += ["", "| column | holds | counts people | meaning |", "| --- | --- | --- | --- |"]
        for heading, col in schema.columns.items():
            star, people = "*" * col.required, "yes" * col.people
            out.append(f"| `{heading}`{star} | {col.holds()} | {people} | {col.meaning} |")
        rules = [f"- `{rule.at}`: {rule.expected}" for rule in schema.rules]
        out += ["", "Rules:", "", *rules] if rules else []
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    PAGE.write_text(dictionary(TABLES), encoding="utf-8")
