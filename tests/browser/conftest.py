"""The real service with the exercise, and a real Chromium that is signed in to it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

expect.set_options(timeout=30_000)  # of a machine that is busy with other tests

ROOT = Path(__file__).parents[2]
START_S = 180.0
STOP_S = 20.0
LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in\?token=\S+")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""As root, without a display, asking nobody for anything."""
SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@dataclass(slots=True)
class Watch:
    """A page and all that must not happen on it.

    Attributes:
        errors: what the console or the page complained of. foreign: requests to other origins.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def flag(self, name: str) -> object:
        """A field of ``window.safepassage``; None before the page has set it."""
        return self.page.evaluate("name => window.safepassage?.[name] ?? null", name)

    def until(self, said: str, holds: Callable[[], object], *, within_s: float) -> None:
        """Returns when it holds; the CSP forbids Playwright's own waiting, which needs eval."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"within {within_s:g} s the page did not show {said}")
            self.page.wait_for_timeout(250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running service: the link it printed, and its data folder."""

    link: str
    data_dir: Path


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Iterator[Running]:
    """`safepassage up` with the exercise, or with what the module's SERVICE says."""
    options = getattr(request.module, "SERVICE", ("--exercise", "pacific"))
    if not (ROOT / "api/page/dist/index.html").is_file():
        pytest.fail("the page is not built: make page")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="safepassage-watch-")))
        folder.chmod(0o755)  # as root, the embedded servers run as somebody who must get in
        stderr = stack.enter_context((folder / "stderr.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "up", *options, "--with-parent",
             "--data-dir", str(folder / "data"), "--port", str(_free_port())],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            link = _printed_link(process, folder / "stderr.log")
            yield Running(link=link, data_dir=folder / "data")
        finally:
            _stop(process)


@pytest.fixture(scope="module")
def sign_in_link(service: Running) -> str:
    """The link that the service printed."""
    return service.link


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _printed_link(service: subprocess.Popen[str], log: Path) -> str:
    lines: Queue[str] = Queue()
    assert service.stdout is not None
    threading.Thread(target=_drain, args=(service.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            found = LINK.search(lines.get(timeout=0.5))
        except Empty:
            if service.poll() is not None:
                break
            continue
        if found:
            return found.group()
    pytest.fail(f"no sign-in link within {START_S:g} s; stderr ends:\n{log.read_text()[-3000:]}")


def _drain(stdout: object, lines: Queue[str]) -> None:
    for line in stdout:  # type: ignore[attr-defined]
        lines.put(line)


def _stop(service: subprocess.Popen[str]) -> None:
    service.send_signal(signal.SIGINT)
    try:
        service.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(service.pid, signal.SIGKILL)
        service.wait(STOP_S)
    assert service.stdout is not None
    service.stdout.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, running while a module's tests do."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium."""
    chromium = _chromium(playwright, *FLAGS, *SOFTWARE_GL)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def browser_without_webgl(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium that has no WebGL."""
    chromium = _chromium(playwright, *FLAGS, "--disable-3d-apis")
    yield chromium
    chromium.close()


def _chromium(playwright: Playwright, *flags: str) -> Browser:
    """The system's Chromium, or else Playwright's own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    return playwright.chromium.launch(executable_path=found, headless=True, args=list(flags))


@pytest.fixture(scope="module")
def signed_in(browser: Browser, sign_in_link: str) -> Iterator[BrowserContext]:
    """A browser that has opened the link, which works once."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.goto(sign_in_link)
    page.close()
    yield context
    context.close()


@pytest.fixture
def watch(signed_in: BrowserContext, sign_in_link: str) -> Iterator[Watch]:
    """The page, opened anew, with its console and its requests watched."""
    origin = sign_in_link.split("/sign-in")[0]
    page = signed_in.new_page()
    seen = Watch(page=page)
    page.on("console", lambda message: _note(seen, message))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", lambda request: _note_foreign(seen, request.url, origin))
    page.goto(f"{origin}/")
    yield seen
    page.close()


def _note(seen: Watch, message: ConsoleMessage) -> None:
    if message.type == "error":
        seen.errors.append(f"{message.text} ({message.location.get('url')})")


def _note_foreign(seen: Watch, url: str, origin: str) -> None:
    if not url.startswith((f"{origin}/", "data:", "blob:")):
        seen.foreign.append(url)
