"""Plots: numbers -> one SVG, for reports and documents; no library, no font, no script.

A `Plot` collects marks in the units of its axes; `svg` draws it. The same marks give the same
bytes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 560, 360
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 34, 48
COLOURS = ("#1f5f8b", "#b3541e", "#4d7c3a", "#7a4b94")
INK, FAINT = "#223", "#d5dde2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: what it shows, from where to where, and where it is marked."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    log: bool = False

    def share(self, value: float) -> float:
        """Where along the axis the value is, 0..1; beyond its ends at them."""
        low, high, at = self.low, self.high, min(self.high, max(self.low, value))
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low)


@dataclass(slots=True, kw_only=True)
class Plot:
    """A plot with two axes and what is drawn between them.

    Attributes:
        legend: the corner where it covers nothing.
    """

    title: str
    x: Axis
    y: Axis
    legend: Literal["lower right", "upper right", "upper left"] = "lower right"
    marks: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)

    def line(
        self, xs: Sequence[float], ys: Sequence[float], name: str, colour: str, dash: bool = False
    ) -> None:
        """A line through points, named in the legend unless the name is empty."""
        path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in zip(xs, ys, strict=True))
        dashes = ' stroke-dasharray="5 4"' if dash else ""
        self.marks.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashes}/>'
        )
        self._name(name, colour)

    def steps(self, xs: Sequence[float], ys: Sequence[float], name: str, colour: str) -> None:
        """A line that keeps each value until the next."""
        pairs = list(zip(xs, ys, strict=True))
        across = [(x, y) for (x, _), (_, y) in zip(pairs[1:], pairs, strict=False)]
        both = [p for pair in zip(pairs[1:], across, strict=False) for p in (pair[1], pair[0])]
        walked = [pairs[0], *both]
        self.line([x for x, _ in walked], [y for _, y in walked], name, colour)

    def points(self, xs: Sequence[float], ys: Sequence[float], name: str, colour: str) -> None:
        """Dots."""
        self.marks += [
            f'<circle cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="3.2" fill="{colour}"/>'
            for x, y in zip(xs, ys, strict=True)
        ]
        self._name(name, colour)

    def intervals(
        self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str
    ) -> None:
        """Upright bars from low to high."""
        self.marks += [
            f'<path d="M{self._x(x):.1f} {self._y(low):.1f}V{self._y(high):.1f}" '
            f'stroke="{colour}" stroke-opacity="0.55" stroke-width="1.4"/>'
            for x, low, high in zip(xs, lows, highs, strict=True)
        ]

    def svg(self) -> str:
        """The plot as a document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
            f'<text x="{LEFT}" y="20" font-size="13" fill="{INK}">{escape(self.title)}</text>'
            f"{''.join(self._frame())}{''.join(self.marks)}{''.join(self._legend())}</svg>\n"
        )

    def _x(self, value: float) -> float:
        return LEFT + self.x.share(value) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.y.share(value) * (HEIGHT - TOP - BOTTOM)

    def _name(self, name: str, colour: str) -> None:
        if name:
            self.names.append((name, colour))

    def _frame(self) -> list[str]:
        foot, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        drawn = []
        for tick in self.x.ticks:
            x = self._x(tick)
            drawn.append(f'<path d="M{x:.1f} {TOP}V{foot}" stroke="{FAINT}"/>'
                         f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle" fill="{INK}">'
                         f"{tick:g}</text>")  # fmt: skip
        for tick in self.y.ticks:
            y = self._y(tick)
            drawn.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="{FAINT}"/>'
                         f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{INK}">'
                         f"{tick:g}</text>")  # fmt: skip
        middle = (TOP + foot) / 2
        drawn.append(
            f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle" '
            f'fill="{INK}">{escape(self.x.label)}</text>'
            f'<text x="14" y="{middle:.0f}" text-anchor="middle" fill="{INK}" '
            f'transform="rotate(-90 14 {middle:.0f})">{escape(self.y.label)}</text>'
        )
        return drawn

    def _legend(self) -> list[str]:
        lowest = HEIGHT - BOTTOM - 12 - 15 * (len(self.names) - 1)
        first = lowest if self.legend == "lower right" else TOP + 14
        left = LEFT + 14 if self.legend == "upper left" else WIDTH - 176
        return [
            f'<rect x="{left}" y="{first + 15 * n - 8}" width="10" height="10" '
            f'fill="{colour}"/><text x="{left + 15}" y="{first + 15 * n + 1}" fill="{INK}">'
            f"{escape(name)}</text>"
            for n, (name, colour) in enumerate(self.names)
        ]
