/** The keys of the page: one table for what they do and for the sheet that tells of them. */
import { html, type TemplateResult } from "lit-html";
import type { Layer } from "./chart/surface";
import type { Tab } from "./dock";
import { t } from "./words/words";

export interface KeyActions {
  search(): void;
  first(): void;
  escape(): void;
  centre(): void;
  turn(tab: Tab): void;
  toggle(layer: Layer): void;
  replay(): void;
  nextPalette(): void;
  open(sheet: "keys" | "settings"): void;
}

const PLAIN: Record<string, (actions: KeyActions) => void> = {
  "/": (on) => on.search(),
  c: (on) => on.centre(),
  "1": (on) => on.turn("escorts"),
  "2": (on) => on.turn("unserved"),
  "3": (on) => on.turn("events"),
  e: (on) => on.toggle("escorts"),
  h: (on) => on.toggle("hotspots"),
  v: (on) => on.toggle("vectors"),
  n: (on) => on.toggle("names"),
  r: (on) => on.replay(),
  p: (on) => on.nextPalette(),
  ",": (on) => on.open("settings"),
  "?": (on) => on.open("keys"),
};

/** Does what the key stands for; keys typed into a field are letters, but for Escape and Enter. */
export function press(event: KeyboardEvent, actions: KeyActions): void {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "Escape") actions.escape();
  else if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.id === "search") actions.first();
  else if (!typing && PLAIN[event.key]) {
    event.preventDefault();
    PLAIN[event.key]!(actions);
  }
}

export function keySheet(): TemplateResult {
  const rows: [string[], string][] = [
    [["/"], t.keys.search], [["Enter"], t.keys.enter], [["Esc"], t.keys.escape], [["↑", "↓"], t.keys.arrows],
    [["c"], t.keys.centre], [["1", "2", "3"], t.keys.tabs], [["e", "h", "v", "n"], t.keys.layers],
    [["r"], t.keys.replay], [["p"], t.keys.palette], [[","], t.keys.settings], [["?"], t.keys.help],
  ];
  return html`<h2 id="sheet-title">${t.keys.title}</h2>
    <div class="sheet">${rows.map(([keys, does]) => html`<span>${keys.map((key) => html`<kbd>${key}</kbd> `)}</span><span>${does}</span>`)}</div>`;
}
