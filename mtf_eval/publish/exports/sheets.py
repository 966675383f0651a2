"""An accessible workbook of tables: a cover, contents, notes and one table a worksheet.

As the Government Analysis Function asks: each table marked as one, under its title, what explains
it between them, no merged or empty cells for looks. Knows no report.

Below it a benefit analysis as a live model: inputs in sheets, results as formulas of them. What a
spreadsheet works out from the inputs as they are is what the page says; a changed input gives the
result the package would. Adds sheets to a workbook, reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from xlsxwriter import Workbook, utility  # type: ignore[import-untyped]

from mtf_eval.publish.cells import neutralise
from mtf_eval.records.aliases import called

TEXT = {"font_name": "Arial", "font_size": 12}
BIG, MIDDLE = {**TEXT, "font_size": 16, "bold": True}, {**TEXT, "font_size": 14, "bold": True}
WRAPPED = {"text_wrap": True, "valign": "top"}
HEADING = {**TEXT, **WRAPPED, "bold": True, "bottom": 1}
LINK = {"font_color": "blue", "underline": 1}
ONE_TABLE = "This worksheet contains one table."
WIDEST = 480  # pixels of a column; longer texts wrap
SHEETS = ("Model", "Model inputs", "Unit costs", "Deflator", "Discount factors")
INPUTS = called("input of the live model")
RESULTS = called("formula of the live model")
TITLES = {"records": "What the records show", "claimed": "What the project claims"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table and the worksheet around it.

    `name` is of the table in Excel (letters, digits, underscores), `looks` what each column adds to
    its cells' look, `lines` stand between title and table, `notes` are numbers on the worksheet
    Notes; with `total` the last row is a sum.
    """

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    looks: Sequence[Mapping[str, Any]]
    lines: Sequence[str] = field(default=(ONE_TABLE,))
    notes: Sequence[int] = ()
    total: bool = False


def produce(
    path: str,
    sheets: Mapping[str, Sheet],
    *,
    title: str,
    about: Mapping[str, Sequence[str]],
    notes: Sequence[str],
) -> Any:
    """Return an xlsxwriter workbook; it is written when closed."""
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = Workbook(path, plain)
    cover = _worksheet(book, "Cover")
    cover.set_column(0, 0, 85)
    lines = [(title, BIG)]
    for heading, texts in about.items():
        lines += [(heading, MIDDLE), *((text, TEXT) for text in texts)]
    for down, (text, look) in enumerate(lines):
        cover.write_string(down, 0, text, book.add_format({**look, **WRAPPED}))
    listed = Sheet(
        "contents_table", "Table of contents", ("Sheet name", "Table description"),
        [(name, sheet.title) for name, sheet in sheets.items()], ({}, {}),
    )  # fmt: skip
    links, look = _write(book, "Contents", listed), book.add_format({**TEXT, **LINK})
    for down, name in enumerate(sheets, start=len(listed.lines) + 2):
        links.write_url(down, 0, f"internal:'{name}'!A1", look, name)
    if notes:
        rows = list(enumerate(notes, start=1))
        _write(
            book, "Notes", Sheet("notes_table", "Notes", ("Note number", "Note"), rows, ({}, {}))
        )
    for name, sheet in sheets.items():
        _write(book, name, sheet)
    return book


def _worksheet(book: Any, name: str) -> Any:
    sheet = book.add_worksheet(name)
    sheet.hide_gridlines(2)
    return sheet


def _write(book: Any, name: str, sheet: Sheet) -> Any:
    page = _worksheet(book, name)
    marks = "".join(f"[note {number}]" for number in sheet.notes)
    page.write_string(0, 0, sheet.title + marks, book.add_format(BIG))
    for down, text in enumerate(sheet.lines, start=1):
        page.write_string(down, 0, text, book.add_format(TEXT))
    top, last = len(sheet.lines) + 1, len(sheet.rows)
    columns = []
    for across, (heading, own) in enumerate(zip(sheet.headings, sheet.looks, strict=True)):
        cells = [heading, *(row[across] for row in sheet.rows)]
        page.set_column_pixels(across, across, min(WIDEST, max(map(_width, cells))))
        head = book.add_format({**HEADING, "align": "left", **own})
        columns.append({"header": heading, "header_format": head})
        page.write_string(top, across, heading, head)
        plain, bold = (
            book.add_format({**TEXT, **WRAPPED, "align": "left", **own, "bold": bold})
            for bold in (False, True)
        )
        for down, value in enumerate(cells[1:], start=1):
            page.write(top + down, across, value, bold if sheet.total and down == last else plain)
    if last:  # Excel has no table without rows
        look = {"autofilter": False, "style": None, "name": sheet.name, "columns": columns}
        page.add_table(top, 0, top + last, len(columns) - 1, look)
    return page


def _width(value: object) -> int:
    """Return the pixels of a cell's longest line, in bold at most, in the size of `TEXT`."""
    return ceil(1.2 * max(int(utility.cell_autofit_width(line)) for line in str(value).split("\n")))


def add_model(book: Any, model: Mapping[str, Any]) -> None:
    """Add the sheets of `SHEETS` to an xlsxwriter workbook that is not closed yet."""
    sheets = [book.add_worksheet(name) for name in SHEETS]
    bold, given = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFF4CC"})
    top, inputs, units, deflator, factors = sheets
    for sheet in sheets:
        sheet.set_column(0, 3, 26)
    _units(units, model["units"], bold, given)
    _table(deflator, ("Price year", "Index"), model["deflator"].items(), bold, given)
    _factors(factors, model["rates"], bold, given)
    last, ranges = _inputs(inputs, model, bold, given)
    top.write_string(0, 0, "Live model: change a shaded cell, here or on the other sheets", bold)
    top.write_string(1, 0, "Price year")
    top.write_string(1, 1, model["price_year"], given)
    row = 3
    present = {
        name: [sum(x["present"][n] for x in model["lines"] if x["sum"] == name) for n in (0, 1)]
        for name in ("cost", *TITLES)
    }
    sums = {line["sum"] for line in model["lines"]} - {"cost"}
    for name, title in TITLES.items():
        if name not in (sums or {"records"}):
            continue
        doubt = model["marked"] if name == "records" else ""
        top.write_string(row, 0, f"{title}: {doubt}" if doubt else title, bold)
        values = {"cost": present["cost"][0], "public": present[name][0]}
        values["fiscal"] = present[name][1]
        cells = {
            key: f"SUMIF('Model inputs'!$A$2:$A${last},\"{of}\",{ranges[column]})"
            for key, of, column in (
                ("cost", "cost", 0), ("public", name, 0), ("fiscal", name, 1),
            )
        }  # fmt: skip
        bare = name == "records" and model["unshown"]
        shown = [each for each in RESULTS.items() if not (bare and "BCR" in each[0])]
        shown = shown if sums else shown[:1]
        for down, (label, formula) in enumerate(shown, start=row + 1):
            top.write_string(down, 0, label)
            look = book.add_format({"num_format": "0.00" if "BCR" in label else "£#,##0"})
            text = formula.format(**cells)
            top.write_formula(down, 1, f"={text.removeprefix('=')}", look, _worth(label, values))
        row += len(RESULTS) + 2
    top.write_string(row, 0, "The two sums are never added. Cashable benefits, ranges and chances "
                     "are not in the model: see the page.")  # fmt: skip


def _worth(label: str, of: Mapping[str, float]) -> float | str:
    """Work a result out as its formula does, for those who read a workbook without doing sums."""
    cost, public, fiscal = of["cost"], of["public"], of["fiscal"]
    if "BCR" in label:
        return ((fiscal if "fiscal" in label else public) / cost) if cost > 0 else "[x]"
    plain = {"Net present public value": public - cost, "Net present budget impact": cost - fiscal}
    by_word = cost if "costs" in label else fiscal if "fiscal" in label else public
    return plain.get(label, by_word)


def _table(sheet: Any, heads: Sequence[str], rows: Any, bold: Any, given: Any) -> None:
    for across, head in enumerate(heads):
        sheet.write_string(0, across, head, bold)
    for down, row in enumerate(rows, start=1):
        for across, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(down, across, neutralise(value))
            else:
                sheet.write_number(down, across, value, given)


def _units(sheet: Any, units: Mapping[str, Mapping[str, Any]], bold: Any, given: Any) -> None:
    heads = ("Code", "What it is", "Price year", "Public value (£)", "Of which at the health rate")
    rows = [
        (code, u["label"], u["price_year"], u["public"] + u["health"], u["health"], u["fiscal"])
        for code, u in units.items()
    ]
    _table(sheet, (*heads, "Fiscal value (£)"), rows, bold, given)


def _factors(sheet: Any, rates: Mapping[str, Sequence[float]], bold: Any, given: Any) -> None:
    """Write a row of rates and a row of factors for each kind, a column a year."""
    sheet.write_string(0, 0, "Project year", bold)
    for down, (kind, own) in enumerate(rates.items()):
        sheet.write_string(2 * down + 1, 0, f"Discount rate, {kind}")
        sheet.write_string(2 * down + 2, 0, f"Discount factor, {kind}")
        factor = 1.0
        for year, rate in enumerate(own, start=1):
            sheet.write_number(0, year, year - 1, bold)
            sheet.write_number(2 * down + 1, year, rate, given)
            factor /= 1 + rate
            before = utility.xl_rowcol_to_cell(2 * down + 2, year - 1) if year > 1 else "1"
            formula = f"={before}/(1+{utility.xl_rowcol_to_cell(2 * down + 1, year)})"
            sheet.write_formula(2 * down + 2, year, formula, None, factor)


def _inputs(sheet: Any, model: Mapping[str, Any], bold: Any, given: Any) -> tuple[int, list[str]]:
    """Write a row a line; return the last, and the ranges of present values: public, fiscal."""
    years, lines = len(model["rates"]["standard"]), model["lines"]
    heads = [title for title in INPUTS.values()]
    heads += [f"{what}, year {t}" for what in ("Share", "Age") for t in range(years)]
    heads += ["Uprated by", "Present value (£)", "Present fiscal value (£)"]
    rows = [(*(line[k] for k in INPUTS), *line["profile"], *line["ages"]) for line in lines]
    _table(sheet, heads, rows, bold, given)
    column = {key: utility.xl_col_to_name(place) for place, key in enumerate(INPUTS)}
    first = len(INPUTS)
    formula = _formula(column, first, years, len(model["deflator"]), len(model["units"]))
    index = model["deflator"]
    for down, line in enumerate(lines, start=1):
        cells = formula(down + 1, line["sum"] == "cost")
        uprated = index[model["price_year"]] / index[line["price_year"]]
        for across, (text, value) in enumerate(
            zip(cells, (uprated, *line["present"]), strict=True)
        ):
            sheet.write_formula(down, first + 2 * years + across, text, None, value)
    last, names = len(lines) + 1, (utility.xl_col_to_name(first + 2 * years + n) for n in (1, 2))
    return last, [f"'Model inputs'!${name}$2:${name}${last}" for name in names]


def _formula(
    column: Mapping[str, str], first: int, years: int, indices: int, units: int
) -> Callable[[int, bool], tuple[str, str, str]]:
    """Return the three formulas of a row of inputs: uprating, present value, fiscal value."""
    a, b, c = (utility.xl_col_to_name(first + n) for n in (0, years - 1, years))
    d = utility.xl_col_to_name(first + 2 * years - 1)
    up = utility.xl_col_to_name(first + 2 * years)
    end = utility.xl_col_to_name(years)
    rate = {"standard": f"'Discount factors'!$B$3:${end}$3"}
    rate["health"] = f"'Discount factors'!$B$5:${end}$5"
    table = f"'Unit costs'!$A$2:$F${units + 1}"
    years_of, level = (f"Deflator!${k}$2:${k}${indices + 1}" for k in "AB")

    def made(row: int, cost: bool) -> tuple[str, str, str]:
        at = {key: f"{name}{row}" for key, name in column.items()}
        index = f"INDEX({level},MATCH({{}},{years_of},0))"
        uprating = f"={index.format('Model!$B$2')}/{index.format(at['price_year'])}"
        fade = f"MAX(1-{at['drop_off']},1E-300)^{c}{row}:{d}{row}"
        factor = f"{at['quantity']}*{up}{row}"

        def bias(each: str) -> str:
            """Correct what is above nought alone: no refund and no loss gets smaller by it."""
            return f"(1+IF({at['quantity']}*{each}<0,0,{at['bias']}))"

        if cost:
            gbp = f"={factor}*{bias('1')}*SUMPRODUCT({a}{row}:{b}{row}*{rate['standard']})"
            return uprating, gbp, gbp
        factor += f"*{at['impact']}*(1-{at['deadweight']})*{at['attribution']}*{at['weight']}"
        public, health, fiscal = (f"VLOOKUP({at['code']},{table},{n},FALSE)" for n in (4, 5, 6))
        kept = f"{a}{row}:{b}{row}*{fade}"
        worth = f"(({public}-{health})*{rate['standard']}+{health}*{rate['health']})"
        return (
            uprating,
            f"={factor}*{bias(public)}*SUMPRODUCT({kept}*{worth})",
            f"={factor}*{bias(fiscal)}*SUMPRODUCT({kept}*{fiscal}*{rate['standard']})",
        )

    return made
