/** The priority list: search, bands, ships; a listbox driven by arrow keys. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { mark } from "./band";
import { age, country, percent, shipType, trim } from "./format";
import { bandOf, mmsiText, type Ship } from "./model";
import type { Store } from "./store";
import { t } from "./words/words";

/** Rows drawn at once; searching reaches the rest. */
const ROWS = 200;
/** Least bands that may be chosen, in the order of their words. */
const FILTERS = [0, 2, 3, 4];

export interface ListActions {
  select(mmsi: number | null): void;
  search(query: string): void;
  filter(minBand: number): void;
}

export function list(store: Store, actions: ListActions): TemplateResult {
  const { first: ships, matching } = store.priorityList(ROWS);
  const counts = store.ships.bandCounts();
  return html`
    <div class="tools">
      <input id="search" type="search" placeholder="${t.list.search}   /" aria-label=${t.list.search}
        autocomplete="off" spellcheck="false" .value=${store.query}
        @input=${(event: InputEvent) => actions.search((event.target as HTMLInputElement).value)} />
      <div class="bands" role="group" aria-label=${t.list.leastBand}>
        ${FILTERS.map((band, i) => html`<button type="button" aria-pressed=${store.minBand === band}
          @click=${() => actions.filter(band)}>${t.list.filters[i]} <small>${sum(counts.slice(band))}</small></button>`)}
      </div>
    </div>
    <div class="columns" aria-hidden="true"><span>${t.list.ship}</span><span>${t.panel.coercion}</span><span>${t.panel.smuggling}</span></div>
    <ul id="ship-list" role="listbox" tabindex="0" aria-label=${t.list.options}
      aria-activedescendant=${store.selected ? `ship-${store.selected.mmsi}` : nothing}
      @keydown=${(event: KeyboardEvent) => step(event, store, actions)}>
      ${repeat(ships, (ship) => ship.mmsi, (ship) => row(ship, store, actions))}
      ${matching > ROWS ? html`<li class="more" role="presentation">${t.list.more(matching - ROWS)}</li>` : nothing}
      ${ships.length === 0 ? html`<li class="more" role="presentation">${empty(store)}</li>` : nothing}
    </ul>`;
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

function row(ship: Ship, store: Store, actions: ListActions): TemplateResult {
  const vessel = store.vessels.get(ship.mmsi);
  const what = [vessel?.flag ? country(vessel.flag) : null, shipType(ship.shipType)].filter((t) => t && t !== "–");
  const silent = store.pictureTime / 1000 - ship.reportedAt;
  return html`<li id="ship-${ship.mmsi}" role="option" aria-selected=${store.selected?.mmsi === ship.mmsi}
      @click=${() => actions.select(ship.mmsi)}>
    ${mark(bandOf(ship))}
    <span class="ship"><b>${store.name(ship.mmsi)}</b>
      <small>${silent > 1800 ? `${t.list.silent(age(silent))} · ` : ""}${what.join(" · ") || mmsiText(ship.mmsi)}</small></span>
    ${score(vessel?.coercion && !store.past ? percent(vessel.coercion.probability) : null, ship.coercion)}
    ${score(vessel?.smuggling && !store.past ? trim(vessel.smuggling.priority) : null, ship.smuggling)}
  </li>`;
}

function score(value: string | null, band: number): TemplateResult {
  return html`<span class="score band-${band}"><b>${band === 0 || value === null ? "–" : value}</b>
    <small>${band === 0 ? t.list.noData : t.bands[band]!.toLowerCase()}</small></span>`;
}

function empty(store: Store): TemplateResult {
  if (store.query || store.minBand) return html`${t.list.noMatch}`;
  if (store.connection === "lost") return html`${t.list.noConnection}`;
  return html`${t.list.nothingHeard}<br><code>safepassage up --source tcp://host:port</code><br>
    <code>safepassage up --exercise pacific</code>`;
}

/** Moves the selection over the list as it is now, which may be newer than what is drawn. */
function step(event: KeyboardEvent, store: Store, actions: ListActions): void {
  const { first: ships } = store.priorityList(ROWS);
  const shown = ships.length;
  const at = ships.findIndex((ship) => ship.mmsi === store.selected?.mmsi);
  const to: Record<string, number> = {
    ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10, Home: 0, End: shown - 1,
  };
  const target = to[event.key];
  if (target === undefined || shown === 0) return;
  event.preventDefault();
  const ship = ships[Math.max(0, Math.min(shown - 1, target))]!;
  actions.select(ship.mmsi);
  document.getElementById(`ship-${ship.mmsi}`)?.scrollIntoView({ block: "nearest" });
}
