"""A real archive replayed into the real service, seen in a real Chromium."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SERVICE = ("--no-exercise",)
DENMARK = (53.0, 59.5, 3.0, 17.0)
"""South, north, west, east of the waters the archive was heard in, degrees."""


@pytest.fixture(scope="module")
def danish_archive() -> Path:
    path = Path(__file__).parents[2].parent / "shared/data/nmea/denmark_pghp.nmea"
    if not path.is_file():
        pytest.skip("the real AIS samples are not beside this checkout")
    return path


@pytest.fixture(scope="module")
def replayed(service: Any, danish_archive: Path) -> None:
    """The archive, stored by the service before the page is opened."""
    command = [sys.executable, "-m", "api.cli", "replay", danish_archive]
    subprocess.run([*command, "--data-dir", service.data_dir], check=True, timeout=120)


@pytest.mark.usefixtures("replayed")
def test_after_a_replay_the_page_opens_on_the_waters_of_its_ships(watch: Any) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=60)
    watch.until("the replayed ships", lambda: (watch.flag("ships") or 0) > 1_000, within_s=60)
    south, north, west, east = DENMARK
    positions = watch.flag("positions").values()
    there = [lon for lon, lat in positions if south < lat < north and west < lon < east]
    assert len(there) > 0.95 * len(positions)
    watch.until("Danish waters", lambda: _in_denmark(watch.page.url), within_s=20)
    assert watch.errors == []


def _in_denmark(url: str) -> bool:
    zoom, lon, lat = map(float, url.split("#map=")[1].split("&")[0].split("/"))
    south, north, west, east = DENMARK
    return zoom > 4 and south < lat < north and west < lon < east
