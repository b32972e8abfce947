"""What an officer sets once and uses all night: languages, palettes, keys, the address; and axe."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

FIRST_USE_S = 180.0
AXE = Path(__file__).parents[2] / "api/page/node_modules/axe-core/axe.min.js"
VIOLATIONS = """async () => {
  const rules = { exclude: [["canvas"], [".grid-labels"]] };
  const tags = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] };
  const found = await axe.run(rules, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`));
}"""
"""The chart's canvas has no text that axe could read; its labels repeat what the pointer says."""
PALETTES = {"day": "rgb(244, 247, 249)", "dusk": "rgb(10, 17, 24)", "night": "rgb(6, 2, 2)"}
NOT_TRANSLATED = re.compile(r"\b(Escort board|Ships|Legend|Coercion|Not served|Now|Position)\b")


@pytest.fixture
def page(watch: Any) -> Page:
    """The page with a ship chosen, as it is before anything was set."""
    watch.page.evaluate("localStorage.clear()")
    watch.page.reload()
    watch.until("a first picture", lambda: watch.flag("ready"), within_s=FIRST_USE_S)
    watch.until("an assessed ship", lambda: watch.flag("assessed"), within_s=FIRST_USE_S)
    watch.until("a proposed escort", lambda: watch.flag("escorts"), within_s=FIRST_USE_S)
    chosen: Page = watch.page
    chosen.locator("#ship-list").focus()
    chosen.keyboard.press("Home")
    expect(chosen.locator("#panel .reasons li").first).to_be_visible()
    return chosen


def test_the_keys_alone_open_every_sheet_tab_and_layer(page: Page, watch: Any) -> None:
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Next palette")
    page.keyboard.press("p")
    expect(page.locator("html")).to_have_attribute("data-palette", "dusk")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("v")
    vectors = page.get_by_role("button", name="Vectors")
    expect(vectors).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile("&tab=events&layers=escorts,names$"))
    page.reload()
    expect(page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    expect(vectors).to_have_attribute("aria-pressed", "false")
    assert watch.errors == []


@pytest.mark.parametrize("palette", PALETTES)
def test_a_palette_dresses_page_and_chart_and_offends_no_rule_of_axe(
    page: Page, watch: Any, palette: str, tmp_path: Path
) -> None:
    page.keyboard.press(",")
    page.get_by_label("Palette").select_option(palette)
    assert _violations(page) == []
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("body")).to_have_css("background-color", PALETTES[palette])
    for tab in "321":  # the board is open at first: events, not served, the board again
        page.keyboard.press(tab)
        page.wait_for_timeout(50)
        assert _violations(page) == [], f"tab {tab}"
    watch.until("the chart", lambda: watch.flag("ready"), within_s=30)
    page.wait_for_timeout(1500)  # the chart has its tiles
    target = os.environ.get("SAFEPASSAGE_PALETTES")
    page.screenshot(path=Path(target or tmp_path) / f"palette-{palette}.png")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-palette", palette)
    assert watch.errors == []
    assert watch.foreign == []


@pytest.mark.parametrize(
    ("language", "board", "coercion", "could"),
    [
        ("es", "Tablero de escoltas", "Coacción", "También puede ser:"),
        ("pt", "Quadro de escoltas", "Coação", "Também pode ser:"),
        ("fr", "Tableau des escortes", "Coercition", "Peut aussi être :"),
    ],
)
def test_a_language_is_spoken_by_the_page_and_by_the_service(
    page: Page, watch: Any, language: str, board: str, coercion: str, could: str
) -> None:
    english = page.locator("#panel .reasons li").first.inner_text()
    page.keyboard.press(",")
    page.locator("#set-language").select_option(language)
    page.keyboard.press("Escape")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#tab-escorts")).to_contain_text(board)
    expect(page.locator("#panel h3").first).to_have_text(coercion)
    expect(page.locator("#panel .innocent").first).to_contain_text(could)
    first = page.locator("#panel .reasons li").first
    expect(first).not_to_have_text(english, timeout=20_000)
    left = [text for text in page.locator("h3, th, button, summary").all_inner_texts()
            if NOT_TRANSLATED.search(text)]  # fmt: skip
    assert left == []
    assert watch.errors == []


def test_the_last_hour_is_replayed_at_a_chosen_speed_and_left_for_the_present(
    page: Page, watch: Any, tmp_path: Path
) -> None:
    page.keyboard.press("r")
    bar = page.get_by_role("group", name="Replay")
    expect(bar).to_be_visible()
    expect(page.locator(".connection")).to_contain_text("Replay")
    watch.until("ships of then", lambda: (watch.flag("behind_s") or 0) > 3000, within_s=30)
    assert watch.flag("ships") > 100
    before, first = watch.flag("positions"), watch.flag("behind_s")
    expect(page).to_have_url(re.compile(r"&at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"))
    page.screenshot(path=Path(os.environ.get("SAFEPASSAGE_PALETTES") or tmp_path) / "replay.png")
    page.get_by_label("Speed").select_option("300")
    page.get_by_role("button", name="Play", exact=True).click()
    watch.until("a later hour", lambda: watch.flag("behind_s") < first - 900, within_s=60)
    after = watch.flag("positions")
    assert sum(after.get(mmsi) != at for mmsi, at in before.items()) > 100
    assert _violations(page) == []
    page.keyboard.press("r")
    expect(bar).to_be_hidden()
    watch.until("the picture of now", lambda: watch.flag("behind_s") < 60, within_s=60)
    assert watch.errors == []


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(VIOLATIONS)
    return found
