"""Plots are well-formed SVG with marks where the numbers say."""

from itertools import pairwise
from xml.etree import ElementTree

from api.plot import HEIGHT, WIDTH, Axis, Plot

SVG = "{http://www.w3.org/2000/svg}"


def a_plot(**how):
    axis = {"label": "tea & <b>", "low": 1, "high": 100, "ticks": (1, 10, 100), **how}
    return Plot(title="a < b", x=Axis(**axis), y=Axis(**axis))


def test_words_are_escaped_and_every_mark_is_inside():
    plot = a_plot()
    plot.points([-5, 1, 50, 1e9], [1, 100, 50, 2], "dots", "#123456")
    root = ElementTree.fromstring(plot.svg())
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == 4
    assert all(0 < float(d.get("cx")) < WIDTH and 0 < float(d.get("cy")) < HEIGHT for d in dots)
    assert "a < b" in [text.text for text in root.findall(f"{SVG}text")]


def test_a_logarithmic_axis_puts_ten_midway_between_one_and_a_hundred():
    assert a_plot(log=True).x.share(10) == 0.5


def test_steps_keep_each_value_until_the_next():
    plot = a_plot()
    plot.steps([1, 50, 100], [1, 100, 1], "", "#000")
    path = ElementTree.fromstring(plot.svg()).find(f"{SVG}polyline").get("points").split()
    points = [tuple(map(float, p.split(","))) for p in path]
    assert len(points) == 5
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))
