"""A challenger's report: the model with its evaluation -> one HTML page with plots."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from api.plot import COLOURS, Axis, Plot
from risk.challenger import ABOUT, EXERCISE, Challenger

STYLE = """body{font:15px/1.5 sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#223}
table{border-collapse:collapse;margin:1em 0}
td,th{padding:.25em .8em;border-bottom:1px solid #d5dde2;text-align:left}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.mark{background:#fbe9d7;border-left:4px solid #b3541e;padding:.6em 1em}"""


def report(model: Challenger) -> str:
    """The page."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{model.name}</title>'
        f"<style>{STYLE}</style><h1>{model.name}</h1>{''.join(_body(model))}</html>\n"
    )


def _body(model: Challenger) -> Iterator[str]:
    told = model.evaluation
    if model.exercise:
        yield (f'<p class="mark"><b>Synthetic.</b> {EXERCISE.capitalize()}: '
               f"{model.synthetic_rows} of {model.rows} labels. Nothing here says how it would "
               "do at sea.</p>")  # fmt: skip
    yield (f"<p>{model.rows} labels: {told['trained_on']} trained on, the latest "
           f"{told['held_out']} held out, with {told['finds']} finds on {told['vessels']} "
           f"vessels, none of them trained on. {_tells(model)}</p>")  # fmt: skip
    yield f"<p><b>{escape(told['verdict']).capitalize()}.</b></p>"
    if "challenger" in told:
        yield table(("held out", "AUC", "90% interval"), [
            (name, f"{told[name]['auc']:.3f}",
             f"{told[name]['low']:.3f} to {told[name]['high']:.3f}")
            for name in ("challenger", "table", "difference")
        ])  # fmt: skip
    yield f"<h2>Calibration</h2><p>{escape(model.calibration.why)}.</p>"
    if told["calibration"]:
        yield calibration(model)
    yield "<h2>What each indicator adds</h2>" + shapes(model)
    yield ("<h2>Alerts by flag</h2><p>How often held-out ships of each flag are among the highest "
           "tenth of either score. Neither score knows the flag.</p>")  # fmt: skip
    yield table(("flag", "ships", "challenger", "table", "finds"), [
        (row["flag"], str(row["rows"]), _share(row["challenger"]), _share(row["table"]),
         f"{row['found']:.2f}") for row in told["alerts"]
    ])  # fmt: skip


def calibration(model: Challenger) -> str:
    """Probability told against share found, on held-out labels."""
    plot = Plot(
        title="Held-out boardings: told, and found with 90% interval" + _mark(model),
        x=Axis(label="probability told", low=0, high=1, ticks=_FIFTHS),
        y=Axis(label="share with a find", low=0, high=1, ticks=_FIFTHS),
    )
    rows = model.evaluation["calibration"]
    plot.line([0, 1], [0, 1], "told = found", "#9db0ba", dash=True)
    told = [row["told"] for row in rows]
    plot.intervals(told, [r["low"] for r in rows], [r["high"] for r in rows], COLOURS[0])
    plot.points(told, [r["found"] for r in rows], "group of boardings", COLOURS[0])
    return plot.svg()


def shapes(model: Challenger) -> str:
    """The step function of every indicator that adds anything."""
    adding = [term for term in model.terms if term.log_odds]
    if not adding:
        return "<p>None adds anything: the labels are too few to learn from.</p>"
    top = max(term.log_odds[-1] for term in adding)
    end = max(term.points[-1] for term in adding) * 1.15
    step = next(s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 1e9) if top / s <= 8)
    plot = Plot(
        title="Log odds that an indicator adds, by its points" + _mark(model),
        x=Axis(label="points of the indicator", low=0, high=end,
               ticks=range(0, int(end) + 1, 10)),
        y=Axis(label="log odds added", low=0, high=top * 1.05,
               ticks=[step * k for k in range(int(top * 1.05 / step) + 1)]),
        legend="upper left",
    )  # fmt: skip
    strongest = sorted(adding, key=lambda term: -term.log_odds[-1])
    for n, term in enumerate(strongest):
        colour = COLOURS[n] if n < len(COLOURS) else "#b9c4cb"
        name = term.code if n < len(COLOURS) else ""
        plot.steps([0.0, *term.points, end], [0.0, *term.log_odds, term.log_odds[-1]], name, colour)
    return plot.svg()


_FIFTHS = (0, 0.2, 0.4, 0.6, 0.8, 1)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table; all columns but the first are numbers."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + f"<td>{escape(row[0])}</td>"
        + "".join(f'<td class="n">{escape(cell)}</td>' for cell in row[1:]) + "</tr>"
        for row in rows
    )  # fmt: skip
    return f"<table><tr>{head}</tr>{body}</table>"


def _tells(model: Challenger) -> str:
    what = "log odds" if model.calibration.method == "none" else "the probability"
    return f"It tells {what} {ABOUT}."


def _mark(model: Challenger) -> str:
    return " (synthetic)" if model.exercise else ""


def _share(row: dict[str, Any]) -> str:
    return f"{row['rate']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
