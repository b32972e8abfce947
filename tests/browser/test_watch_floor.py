"""The page over the real service and the exercise, in a real Chromium."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

FIRST_USE_S = 180.0
COLOURS_OF_CHART = """() => {
  const canvas = document.querySelector("canvas.flat-chart");
  const pen = canvas.getContext("2d");
  return new Set(new Uint32Array(
    pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
}"""
WITH_SHIP = re.compile(r"#map=[-\d./]+&ship=\d{9}$")


def test_within_three_minutes_the_page_shows_moving_ships_an_event_reasons_and_an_escort(
    watch: Any, tmp_path: Path
) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    first = watch.flag("positions")
    watch.until("ships moving", lambda: _moved(first, watch.flag("positions")), within_s=60)
    watch.until("an event", lambda: watch.flag("events"), within_s=FIRST_USE_S)
    watch.until("an assessed ship", lambda: watch.flag("assessed"), within_s=FIRST_USE_S)
    watch.until("a proposed escort", lambda: watch.flag("escorts"), within_s=FIRST_USE_S)

    watch.until("the picture of now", lambda: watch.flag("behind_s") < 60, within_s=FIRST_USE_S)
    first_escort = watch.page.locator("#dock tbody tr").first
    expect(first_escort).to_contain_text("proposed")
    expect(first_escort).to_contain_text(re.compile(r"\d\d:\d\dZ"))
    _escort_under_way(watch.page).locator("button.link").first.click()
    expect(watch.page.locator("#panel .escorted")).to_contain_text("meets")
    expect(watch.page.locator("#panel .reasons li").first).to_be_visible()

    target = Path(os.environ.get("SAFEPASSAGE_SCREENSHOT") or tmp_path / "watch-floor.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    watch.page.wait_for_timeout(1500)  # the chart glides to the ship
    watch.page.screenshot(path=target)
    assert target.stat().st_size > 50_000
    assert watch.errors == []
    assert watch.foreign == []


def test_an_officer_approves_an_escort_and_rejects_another_and_the_plan_follows(
    watch: Any, tmp_path: Path
) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    watch.until("a proposed escort", lambda: watch.flag("escorts"), within_s=FIRST_USE_S)
    watch.until("the picture of now", lambda: watch.flag("behind_s") < 60, within_s=FIRST_USE_S)
    board = watch.page.locator("#dock")
    _decide(board, "Approve", "company asks too")
    decided = board.locator(".status.approved, .status.under_way").first
    expect(decided).to_be_visible(timeout=60_000)
    expect(decided).to_have_attribute("title", re.compile("company asks too"))
    _decide(board, "Reject", "crew rest")
    changes = board.locator(".changes").first
    expect(changes).to_contain_text("crew rest", timeout=60_000)
    changes.locator("summary").click()
    expect(decided).to_be_visible()
    watch.page.screenshot(path=os.environ.get("SAFEPASSAGE_BOARD") or tmp_path / "board.png")
    assert watch.errors == []


def test_the_list_is_driven_by_keys_alone(watch: Any) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    watch.until("the ships' records", lambda: watch.flag("assessed"), within_s=FIRST_USE_S)
    page = watch.page
    name = page.locator("#ship-list .ship b").nth(9).inner_text()
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text(name)
    expect(page.locator("#ship-list [aria-selected=true]")).to_contain_text(name)
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#panel h2")).not_to_have_text(name)
    selected = page.locator("#ship-list [aria-selected=true] .ship b").inner_text()
    expect(page.locator("#panel h2")).to_have_text(selected)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert watch.errors == []


def test_the_address_holds_the_view_and_the_ship(watch: Any) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    page = watch.page
    page.locator("#ship-list li[role=option]").first.click()
    name = page.locator("#panel h2").inner_text()
    expect(page).to_have_url(WITH_SHIP)
    page.reload()
    expect(page.locator("#panel h2")).to_have_text(name, timeout=20_000)
    assert watch.errors == []


def test_hot_spots_are_drawn_when_asked_for(watch: Any) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    button = watch.page.get_by_role("button", name="Hot spots")
    with watch.page.expect_response("**/v1/hotspots") as answer:
        button.click()
    assert answer.value.json()["features"]
    expect(button).to_have_attribute("aria-pressed", "true")
    assert watch.errors == []


def test_the_second_opinion_stands_apart_from_the_scores(watch: Any) -> None:
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    watch.page.locator("#ship-list li[role=option]").first.click()
    opinion = watch.page.get_by_label("Second opinion")
    expect(opinion).to_be_visible(timeout=30_000)
    expect(opinion).to_contain_text(re.compile("More unusual than|Not judged"))
    expect(opinion.locator(".figure")).to_have_count(0)
    assert watch.errors == []


def test_without_webgl_the_chart_is_drawn_on_a_plain_canvas(
    watch: Any, browser_without_webgl: Browser
) -> None:
    context = browser_without_webgl.new_context(storage_state=watch.page.context.storage_state())
    page = context.new_page()
    page.goto(watch.page.url)
    expect(page.locator("canvas.flat-chart")).to_be_visible(timeout=20_000)
    expect(page.locator("#ship-list li[role=option]").first).to_be_visible(timeout=20_000)
    colours = page.evaluate(COLOURS_OF_CHART)
    assert colours > 20
    context.close()


def test_who_is_not_signed_in_is_told_how_to(browser: Browser, sign_in_link: str) -> None:
    page = browser.new_page()
    page.goto(sign_in_link.split("/sign-in")[0])
    expect(page.locator("#notice")).to_contain_text("safepassage keys link prints a new one")
    page.close()


def _decide(board: Locator, verb: str, reason: str) -> None:
    """Decides so on the first escort that is still proposed."""
    proposed = board.locator("tbody tr:has(.status.proposed)").first
    proposed.get_by_role("button", name=verb).click()
    board.locator("form.verdict input").fill(reason)
    board.locator("form.verdict").get_by_role("button", name=verb).click()
    expect(board.locator("form.verdict")).to_have_count(0, timeout=20_000)


def _escort_under_way(page: Page) -> Locator:
    """The first escort of the board that ends at another place than it begins, or the first."""
    rows = page.locator("#dock tbody tr").all()
    places = [row.locator("td:nth-child(n+3) small").all_inner_texts() for row in rows]
    under_way = (row for row, place in zip(rows, places, strict=True) if len(set(place)) > 1)
    return next(under_way, rows[0])


def _moved(before: dict[str, list[float]], after: dict[str, list[float]]) -> bool:
    return sum(after.get(mmsi) != position for mmsi, position in before.items()) >= 3
