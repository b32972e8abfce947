"""The wheel: everything the service needs, and nothing else."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("sea", "ingest", "risk", "escort", "api")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names of the files in a wheel built here and now."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with ZipFile(next(folder.glob("*.whl"))) as archive:
        return set(archive.namelist())


def sources(pattern):
    found = (
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).glob(pattern)
        if path.is_file()
    )
    return {path for path in found if not path.startswith("api/page/")}


@pytest.mark.parametrize(
    "pattern", ["**/*.py", "data/**/*", "migrations/*.sql", "exercise/scenarios/*"]
)
def test_the_wheel_holds_what_the_service_reads(wheel, pattern):
    assert sources(pattern)
    assert sources(pattern) <= wheel


def test_the_wheel_holds_the_built_page(wheel):
    if not (ROOT / "api/page/dist/index.html").exists():
        pytest.skip("the page is not built")
    dist = ROOT / "api/page/dist"
    built = {path.relative_to(ROOT).as_posix() for path in dist.rglob("*") if path.is_file()}
    assert built <= wheel


def test_the_wheel_holds_nothing_else(wheel):
    packages = "|".join(PACKAGES)
    other = re.compile(rf"(?!(?:{packages}|safepassage-[^/]*\.dist-info)/)|api/page/(?!dist/)")
    assert {name for name in wheel if other.match(name) or "/test" in name} == set()


def test_no_other_distribution_claims_our_names():
    claims = metadata.packages_distributions()
    assert {n: c for n in PACKAGES if (c := set(claims.get(n, ())) - {"safepassage"})} == {}
