"""Documents that are drawn from the code say what the code says."""

import subprocess
import sys
from pathlib import Path

from risk.detectors import standard_detectors

ROOT = Path(__file__).parents[1]


def test_the_page_of_detectors_is_what_they_say_of_themselves():
    """`make draw` makes it anew."""
    check = [sys.executable, str(ROOT / "tools" / "draw_behaviours.py"), "--check"]
    assert subprocess.run(check, timeout=120).returncode == 0


def test_every_kind_of_event_has_a_row_and_a_picture():
    page = (ROOT / "docs" / "behaviours.md").read_text("utf-8")
    for detector in standard_detectors():
        for kind in detector.kinds:
            assert f"`{kind}`" in page
            assert (ROOT / "docs" / "behaviours" / f"{kind}.svg").exists()


def test_the_page_of_risk_and_its_plots_are_what_code_and_figures_say():
    """`make draw-risk` makes them anew."""
    check = [sys.executable, str(ROOT / "tools" / "draw_risk.py"), "--check"]
    assert subprocess.run(check, timeout=120).returncode == 0
