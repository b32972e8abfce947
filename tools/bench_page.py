"""Measures the page over a busy world: main thread, memory, first paint, from Chromium's own trace.

`safepassage up` hears the exercise `world` (synthetic) by TCP, as it happens; a headless Chromium
with software WebGL opens the page. Run by `make bench-page`.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Page, async_playwright

from ingest.exercise.world import World

LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in\?token=\S+")
MINUTE_US = 60_000_000
WARM_MIN = 4
"""Minutes of the world that are heard at once, in which all its ships report."""
START_S = 240.0
FLAGS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--js-flags=--expose-gc",
)  # fmt: skip


async def main() -> int:
    """0 where the page keeps within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vessels", type=int, default=50_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="watched (default 10)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="safepassage-page-") as folder:
        os.chmod(folder, 0o755)  # as root, the embedded servers run as somebody who must get in
        async with feed(asked.vessels) as url, service(Path(folder), url) as link:
            figures = await measure(link, asked.vessels, asked.minutes)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    kept = figures["busy"] < 0.30 and figures["first_useful_paint_s"] < 2.0
    verdict = "within" if kept else "OUTSIDE"
    sys.stdout.write(f"{verdict} the bounds: busy < 0.30, first useful paint < 2 s\n")
    return 0 if kept else 1


@asynccontextmanager
async def feed(vessels: int):
    """The URL of a server that tells everyone who connects of the world from four minutes ago."""
    start_us = (time.time_ns() // 1000 // MINUTE_US - WARM_MIN - 1) * MINUTE_US
    world = World(start_us=start_us, vessels=vessels, seed=0)
    talking = set()

    def minute(at_us: int) -> list[bytes]:
        return b"".join(world.played(at_us, at_us + MINUTE_US)).splitlines(keepends=True)

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.current_task())
        at_us = start_us
        with suppress(ConnectionError):  # the service has ended
            while True:
                lines = await asyncio.to_thread(minute, at_us)
                for second in range(60):
                    await asyncio.sleep(max(0.0, at_us / 1e6 + second - time.time()))
                    first, last = (len(lines) * s // 60 for s in (second, second + 1))
                    writer.writelines(lines[first:last])
                    await writer.drain()
                at_us += MINUTE_US

    server = await asyncio.start_server(tell, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


@asynccontextmanager
async def service(folder: Path, url: str):
    """The sign-in link of a service that hears the feed."""
    argv = ("-m", "api.cli", "up", "--source", url, "--with-parent", "--port", "0",
            "--data-dir", str(folder / "data"))  # fmt: skip
    with (folder / "stderr.log").open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *argv, stdout=asyncio.subprocess.PIPE, stderr=stderr
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            while not (found := LINK.search((await process.stdout.readline()).decode())):
                if process.stdout.at_eof():
                    raise SystemExit((folder / "stderr.log").read_text()[-2000:])
        yield found.group()
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def measure(link: str, vessels: int, minutes: float) -> dict[str, float]:
    """What the trace, the page and the heap say."""
    async with async_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chrome")
        browser = await playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(link)
        await until(page, f"window.safepassage?.ships > {0.95 * vessels}", START_S)
        began = time.monotonic()
        await page.reload()
        await until(page, "document.querySelector('#ship-list [role=option]')", 60)
        listed_s = time.monotonic() - began
        await until(page, "window.safepassage?.ready && window.safepassage.ships > 0", 60)
        paint_s = time.monotonic() - began
        await until(page, f"window.safepassage?.ships > {0.95 * vessels}", 60)
        await asyncio.sleep(20)  # the records of all ships have come
        heap = [await heap_mib(page)]
        busy = []
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            busy.append(await busy_share(page, min(30.0, max(5.0, end - time.monotonic()))))
            heap.append(await heap_mib(page))
        target = os.environ.get("SAFEPASSAGE_SCREENSHOT")
        if target:
            await page.screenshot(path=target)
        ships = await page.evaluate("window.safepassage.ships")
        await browser.close()
    return {
        "ships": ships,
        "busy": round(sum(busy) / len(busy), 4),
        "busiest_half_minute": round(max(busy), 4),
        "ships_listed_s": round(listed_s, 2),
        "first_useful_paint_s": round(paint_s, 2),
        "heap_mib": [round(h, 1) for h in heap[:: max(1, len(heap) // 10)]],
        "minutes": round(minutes, 1),
    }


async def until(page: Page, holds: str, within_s: float) -> None:
    """Returns when it holds, asked ten times a second."""
    deadline = time.monotonic() + within_s
    while not await page.evaluate(f"Boolean({holds})"):
        if time.monotonic() > deadline:
            raise SystemExit(f"within {within_s:g} s the page did not show {holds}")
        await asyncio.sleep(0.1)


async def busy_share(page: Page, seconds: float) -> float:
    """CPU time of the page's main thread in its tasks, over the time that passed."""
    browser = page.context.browser
    assert browser is not None
    await browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    began = time.monotonic()
    await asyncio.sleep(seconds)
    passed = time.monotonic() - began
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    spent: dict[tuple[int, int], float] = {}
    for event in events:
        thread = (event["pid"], event["tid"])
        if thread in mains and event.get("name", "").endswith("RunTask") and event["ph"] == "X":
            spent[thread] = spent.get(thread, 0.0) + event.get("tdur", event["dur"]) / 1e6
    return max(spent.values()) / passed


async def heap_mib(page: Page) -> float:
    """What the page holds after its rubbish was collected."""
    used: int = await page.evaluate("(gc(), performance.memory.usedJSHeapSize)")
    return used / (1 << 20)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
