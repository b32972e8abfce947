/** Wires the page: store, feed, chart, and the parts drawn around it. */
import { html, nothing, render } from "lit-html";
import { Chart } from "./chart/chart";
import { FlatChart } from "./chart/flat";
import { LAYERS, type Layer, type Surface } from "./chart/surface";
import { dock, type Tab } from "./dock";
import { Feed } from "./feed";
import { exposeFlag } from "./flag";
import { writePositionsAs } from "./format";
import { header } from "./header";
import { dress, PALETTES } from "./ink";
import { keySheet, press, type KeyActions } from "./keys";
import { legend } from "./legend";
import { list } from "./list";
import { positionOf, type Position } from "./model";
import "./page.css";
import { panel } from "./panel";
import { keepSettings, loadSettings, settingsSheet, type Settings } from "./settings";
import { Player, replayBar } from "./replay";
import { Store } from "./store";
import type { Verdict } from "./verdict";
import { formatView, parseView } from "./view";
import { speak, t } from "./words/words";

const part = (id: string) => document.getElementById(id)!;
const sheet = part("sheet") as HTMLDialogElement;
const store = new Store();
const feed = new Feed(store);
const player = new Player(store, (at, after) => feed.past(at, after));
const view = parseView(location.hash);
store.query = view.find;
store.minBand = view.band;
const asked = view.at;
let settings = loadSettings();
let placed = location.hash.includes("map=");
let chart: Surface | null = null;
let drawnAt = 0;
let sheetShown: "keys" | "settings" = "keys";
const overlay = document.createElement("div");
overlay.className = "overlay";
const pointer = document.createElement("output");
pointer.className = "pointer";

function select(mmsi: number | null): void {
  view.ship = mmsi;
  writeView();
  void feed.select(mmsi);
}

/** Selects a ship and brings her into sight, with her escort if she has one. */
function show(mmsi: number): void {
  select(mmsi);
  draw(); // the panel takes its room from the chart first
  const position = whereIs(mmsi);
  const escort = store.escortPlaces(mmsi);
  if (position && escort.length) chart?.fit([position, ...escort]);
  else if (position) chart?.centre(position, 5);
  document.querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
}

function whereIs(mmsi: number): Position | null {
  const ship = store.ships.get(mmsi);
  const vessel = store.vessels.get(mmsi);
  return ship ? [ship.lon, ship.lat] : vessel ? positionOf(vessel) : null;
}

/** Opens the chart where the ships are, unless the address says where or some are in sight. */
function place(): void {
  if (placed || !chart || !store.ships.size) return;
  placed = true;
  const positions = [...store.ships.values()].map((s): Position => [s.lon, s.lat]);
  const seen = positions.some(([lon, lat]) => Math.abs(lon - view.lon) < 45 && Math.abs(lat - view.lat) < 30);
  if (!seen) chart.fit(central(positions));
}

/** The positions without the outermost twentieth on each side, which are often wrong. */
function central(positions: Position[]): Position[] {
  const cut = Math.floor(positions.length / 20);
  const bounds = [0, 1].map((axis) => {
    const sorted = positions.map((p) => p[axis]!).sort((a, b) => a - b);
    return [sorted[cut]!, sorted[sorted.length - 1 - cut]!] as const;
  });
  return positions.filter((p) => bounds.every(([low, high], axis) => p[axis]! >= low && p[axis]! <= high));
}

/** The instant that is replayed, to the second; null is live. */
const replayedAt = () => store.replay && Math.floor(store.replay.at / 1000) * 1000;

function writeView(): void {
  view.at = replayedAt();
  history.replaceState(null, "", formatView(view));
}

function turn(next: Tab): void {
  view.tab = view.tab === next ? null : next;
  writeView();
  draw();
}

const actions = {
  select: show,
  open: (event: { mmsis: string[]; lon: number; lat: number }) => {
    select(Number(event.mmsis[0]));
    chart?.centre([event.lon, event.lat], 7);
  },
  consider: (verdict: Verdict | null) => {
    store.verdict = verdict;
    draw();
    document.querySelector<HTMLInputElement>("form.verdict input")?.focus();
  },
  decide: (verdict: Verdict, reason: string) => void feed.decide(verdict, reason),
  turn,
};

const listActions = {
  select,
  search: (query: string) => {
    store.query = view.find = query;
    writeView();
    store.changed();
  },
  filter: (minBand: number) => {
    store.minBand = view.band = minBand;
    writeView();
    store.changed();
  },
};

function toggle(layer: Layer): void {
  if (!view.layers.delete(layer)) view.layers.add(layer);
  writeView();
  showLayer(layer);
  draw();
}

function showLayer(layer: Layer): void {
  chart?.show(layer, view.layers.has(layer));
  if (layer === "hotspots" && view.layers.has(layer)) void feed.hotspots().then((cells) => cells && chart?.drawHotspots(cells));
}

/** Into the past, where the last hour begins; or out of it. */
function replay(): void {
  if (store.replay) player.leave();
  else void player.seek(Date.now() - 3_600_000);
}

const keyActions: KeyActions = {
  search: () => part("search").focus(),
  first: () => {
    const [first] = store.priorityList(1).first;
    if (first) show(first.mmsi);
    part("ship-list").focus();
  },
  escape: () => {
    if (store.query || store.minBand) {
      listActions.search("");
      listActions.filter(0);
    } else select(null);
    part("ship-list").focus();
  },
  centre: () => {
    const position = store.selected && whereIs(store.selected.mmsi);
    if (position) chart?.centre(position);
  },
  turn,
  toggle,
  replay,
  nextPalette: () => {
    const next = PALETTES.indexOf(settings.palette) + 1;
    changeSettings({ ...settings, palette: PALETTES[next % PALETTES.length]! });
  },
  open: (shown) => {
    sheetShown = shown;
    draw();
    sheet.showModal();
  },
};

/** Puts settings to work, all that is drawn included; a language is asked of the service anew. */
function changeSettings(next: Settings): void {
  const spokenAnew = next.language !== settings.language;
  settings = next;
  keepSettings(settings);
  apply();
  draw();
  void openChart();
  if (spokenAnew) void feed.refresh();
}

function apply(): void {
  speak(settings.language);
  dress(settings.palette);
  writePositionsAs(settings.positions);
  document.querySelector(".skip")!.textContent = t.skip;
  for (const [id, name] of [["list", t.list.title], ["chart", t.chart.title], ["dock", t.dock.title], ["panel", t.panel.title]] as const) {
    part(id).setAttribute("aria-label", name);
  }
}

function draw(): void {
  const now = (drawnAt = Date.now());
  render(header(store, keyActions, now), part("bar"));
  render(list(store, listActions), part("list"));
  render(dock(store, view.tab, actions, now), part("dock"));
  part("panel").hidden = store.selected === null;
  render(store.selected ? panel(store, store.selected, { close: () => select(null), centre: (p) => chart?.centre(p) }, now) : nothing, part("panel"));
  render(html`${legend(view.layers, store.replay !== null, { toggle, replay }, chart?.vectorMinutes() ?? 0)}${replayBar(store.replay, player, now)}`, overlay);
  render(notice(), part("notice"));
  render(html`${sheetShown === "keys" ? keySheet() : settingsSheet(settings, changeSettings)}
    <form method="dialog"><button>${t.keys.close}</button></form>`, sheet);
}

function notice() {
  if (store.signedOut) {
    return html`<div class="sign-in"><h2>${t.notice.signedOut}</h2><p>${t.notice.signIn}</p></div>`;
  }
  const problem = store.connection === "lost" ? null : store.problem; // the bar says that already
  return problem ? html`<p class="problem">${problem}</p>` : nothing;
}

const hasWebGl = () => document.createElement("canvas").getContext("webgl2") !== null;
let opening = Promise.resolve();

/** Opens the chart, or opens it anew in other colours and words where it was; one after another. */
function openChart(): Promise<void> {
  opening = opening.then(async () => {
    chart?.close();
    chart = null;
    const box = part("chart");
    const opened = hasWebGl() ? await Chart.open(box, view) : await FlatChart.open(box, view);
    opened.onSelect(select);
    opened.onMove((zoom, lon, lat) => {
      Object.assign(view, { zoom, lon, lat });
      writeView();
      draw();
    });
    opened.onPointer((text) => (pointer.textContent = text));
    box.append(overlay, pointer);
    chart = opened;
    for (const layer of LAYERS) showLayer(layer);
    store.changed();
  });
  return opening;
}

document.addEventListener("keydown", (event) => press(event, keyActions));
store.subscribe(() => {
  if (view.at !== replayedAt()) writeView();
  draw();
  place();
  chart?.draw(store);
  chart?.drawPlan(store);
});
exposeFlag(store, () => chart !== null);
apply();
draw();
setInterval(() => void player.step(), 1000);
setInterval(() => Date.now() - drawnAt > 900 && draw(), 1000); // clocks and ages go on
await Promise.all([openChart(), feed.start().then(() => feed.select(view.ship))]);
if (asked !== null) await player.seek(asked);
