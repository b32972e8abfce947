"""Documents that are drawn from the code say what the code says."""

import re
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


def _named_tests(text):
    """Files and names of the tests that a document names."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def test_every_test_that_the_page_of_security_names_is_there():
    named = _named_tests((ROOT / "docs" / "security.md").read_text("utf-8"))
    assert len(named) > 50
    for file, name in named:
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), (file, name)


def test_every_risk_of_the_top_ten_and_chapter_of_the_standard_has_its_line():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| (API\d+|V\d+\.\d+)", line)]
    for number in range(1, 11):
        (row,) = [line for line in rows if line.startswith(f"| API{number} ")]
        assert _named_tests(row), row
    assert {int(chapter) for chapter in re.findall(r"\bV(\d+)\.\d+", "\n".join(rows))} == set(
        range(1, 17)
    )
    for row in rows:
        assert _named_tests(row) or "**not " in row, row


def test_lock_files_pin_every_package_with_hashes_and_name_no_host():
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text("utf-8")
        pinned = re.findall(
            r"^[\w.-]+(?:\[[\w,-]+\])?==\S+(?: ;[^\n\\]*)? \\\n", text, re.MULTILINE
        )
        packages = re.findall(r"^[A-Za-z][^\n]*", text, re.MULTILINE)
        assert packages, lock
        assert len(pinned) == len(packages), lock
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), lock
