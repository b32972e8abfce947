/** The selected ship: who she is, both scores and why, her events, her escort. */
import { html, nothing, type TemplateResult } from "lit-html";
import { look, mark } from "./band";
import { eventItem } from "./event";
import {
  age, bearing, clock, country, DASH, degreesMinutes, navStatus, percent, quantity, shipType, trim, words,
} from "./format";
import { BANDS, mmsiText, positionOf, type Band, type Challenger, type Position, type Unusual, type Vessel } from "./model";
import { place } from "./port";
import { reasons, type ReasonScale } from "./reason";
import type { Selection, Store } from "./store";

export interface PanelActions {
  close(): void;
  centre(position: Position): void;
}

export function panel(store: Store, selection: Selection, actions: PanelActions, now: number): TemplateResult {
  const { mmsi, vessel } = selection;
  const ship = store.ships.get(mmsi);
  const position: Position | null = ship ? [ship.lon, ship.lat] : vessel ? positionOf(vessel) : null;
  return html`
    <div class="head">
      <div><h2>${store.name(mmsi)}</h2><p>${subtitle(vessel, ship?.shipType)}</p></div>
      <button type="button" ?disabled=${!position} @click=${() => position && actions.centre(position)}>Centre</button>
      <button type="button" aria-label="Close (Esc)" title="Close (Esc)" @click=${actions.close}>✕</button>
    </div>
    <div class="body">
      ${selection.problem ? html`<p class="problem">${selection.problem}</p>` : nothing}
      ${escortOf(store, mmsi, now)}
      ${vessel ? html`${scores(store, vessel)}${vessel.challenger ? challenger(vessel.challenger) : nothing}${vessel.unusual ? opinion(vessel.unusual) : nothing}` : selection.problem ? nothing : html`<p class="quiet">Reading the ship's record…</p>`}
      <h3>Now</h3>
      <dl>
        ${item("Position", position ? degreesMinutes(position) : DASH)}
        ${item("Near", position ? (place(position) ?? "far from listed ports") : DASH)}
        ${item("Course and speed", `${bearing(ship?.cog ?? vessel?.cog_deg)} · ${quantity(ship?.sog ?? vessel?.sog_kn, "kn")}`)}
        ${item("Heading", bearing(ship?.heading ?? vessel?.heading_deg))}
        ${item("Status", navStatus(ship?.navStatus ?? vessel?.nav_status))}
        ${item("Reported", ship ? reported(ship.reportedAt * 1000, store.pictureTime, now) : clock(vessel?.reported_at, now))}
      </dl>
      ${vessel ? identity(vessel) : nothing}
      <h3>Events <small>${selection.events.length}</small></h3>
      ${selection.events.length
        ? html`<ul class="events">${selection.events.map((event) => eventItem(event, store, null, now))}</ul>`
        : html`<p class="quiet">Nothing unusual has been observed.</p>`}
      ${vessel?.model ? html`<p class="quiet">Assessed ${clock(vessel.assessed_at)} by ${vessel.model}. A score is a priority with evidence, not an accusation.</p>` : nothing}
    </div>`;
}

/** When she was last heard, and for how long the others have been heard since. */
function reported(at: number, pictureTime: number, now: number): string {
  const silent = (pictureTime - at) / 1000;
  return `${clock(new Date(at).toISOString(), now)}${silent > 90 ? `, silent ${age(silent)}` : ""}`;
}

const subtitle = (vessel: Vessel | null, type: number | undefined): string =>
  [vessel?.flag ? country(vessel.flag) : null, shipType(vessel?.ship_type ?? type)].filter((t) => t && t !== DASH).join(" · ");

const item = (name: string, value: unknown) => html`<dt>${name}</dt><dd>${value === "" || value == null ? DASH : value}</dd>`;

function identity(vessel: Vessel): TemplateResult {
  const size = vessel.length_m ? `${vessel.length_m.toFixed(0)} × ${vessel.width_m?.toFixed(0) ?? DASH} m` : DASH;
  return html`<h3>Identity and voyage</h3>
    <dl>
      ${item("MMSI", mmsiText(Number(vessel.mmsi)))}
      ${item("IMO", vessel.imo)}
      ${item("Call sign", vessel.callsign)}
      ${item("Flag", country(vessel.flag))}
      ${item("Type", shipType(vessel.ship_type))}
      ${item("Size", size)}
      ${item("Draught", quantity(vessel.draught_m, "m"))}
      ${item("Destination", vessel.destination)}
      ${item("ETA", vessel.eta && /^\d{4}-/.test(vessel.eta) ? clock(vessel.eta) : vessel.eta)}
    </dl>`;
}

function scores(store: Store, vessel: Vessel): TemplateResult {
  const { coercion, smuggling } = vessel;
  return html`
    ${coercion
      ? score("Coercion", coercion.band, percent(coercion.probability),
          `${percent(coercion.low)} to ${percent(coercion.high)} (90%) within ${trim(coercion.horizon_h)} h`,
          reasons(coercion.reasons, bandIndex(coercion.band), reasonScale(store, percent)))
      : html`<h3>Coercion</h3><p class="quiet">Not assessed yet.</p>`}
    ${smuggling
      ? score("Smuggling", smuggling.band, `${trim(smuggling.priority)}`, "points of evidence, of 100",
          reasons(smuggling.reasons, bandIndex(smuggling.band), reasonScale(store, (n) => `${trim(n)}`)))
      : html`<h3>Smuggling</h3><p class="quiet">Not assessed yet.</p>`}`;
}

/** A second model's word, apart from the scores and without a band. */
function challenger(said: Challenger): TemplateResult {
  const value = said.probability == null ? `log odds ${said.log_odds.toFixed(2)}, ${said.calibration}` : percent(said.probability);
  return html`<section class="assessment" aria-label="Challenger">
    <h3>Challenger</h3>
    <p class=${said.exercise ? "problem" : "quiet"}>${value}: ${said.note}.</p>
  </section>`;
}

const WHAT: Record<string, string> = {
  sog: "speed", course: "course, off the nearest usual one by", place: "place, off the nearest usual one by",
};

/** The second opinion, apart from the scores and without a band. */
function opinion(said: Unusual): TemplateResult {
  const text = said.rank == null
    ? `Not judged: ${said.note}.`
    : `More unusual than ${percent(said.rank)} of the other ${said.ships - 1} ships in her waters.`;
  return html`<section class="assessment" aria-label="Second opinion">
    <h3>Second opinion</h3>
    <p class="quiet">${text}</p>
    ${said.reasons.map((r) => html`<p class="quiet">${WHAT[r.what] ?? r.what} ${r.hers} ${r.unit}, usually ${r.usual[0]} to ${r.usual[1]}</p>`)}
    ${said.rank == null ? nothing : html`<p class="quiet">Unusual is not wrong. It is in no score.</p>`}
  </section>`;
}

const bandIndex = (band: Band) => Math.max(0, BANDS.indexOf(band));

function score(title: string, band: Band, value: string, note: string, why: TemplateResult): TemplateResult {
  const index = bandIndex(band);
  return html`<section class="assessment" aria-label=${title}>
    <h3>${title}</h3>
    <p class="figure band-${index}">${mark(index, 20)}<b>${index === 0 ? DASH : value}</b>
      <span><strong>${look(index).label}</strong><small>${index === 0 ? "too little heard to say" : note}</small></span></p>
    ${why}
  </section>`;
}

const reasonScale = (store: Store, shown: ReasonScale["shown"]): ReasonScale => ({
  shown,
  knows: (id) => findEvent(store, id)?.kind ?? null,
  openEvent: (id) => document.getElementById(`event-${id}`)?.scrollIntoView({ block: "center", behavior: "smooth" }),
});

const findEvent = (store: Store, id: string) => store.selected?.events.find((event) => event.id === id);

/** Her escort, or why she has none. */
function escortOf(store: Store, mmsi: number, now: number): TemplateResult | typeof nothing {
  for (const tasking of store.taskings) {
    const escort = tasking.escorts.find((each) => store.mmsisOf(each).includes(mmsi));
    if (!escort) continue;
    const asset = store.asset(tasking.asset);
    const nation = tasking.nation ?? asset.nation;
    return html`<p class="escorted"><b>Escort ${words(escort.status ?? "proposed").toLowerCase()}:</b> ${tasking.name ?? asset.name ?? tasking.asset}${nation ? ` (${nation})` : ""},
      meets ${clock(escort.rendezvous_at, now)}, releases ${clock(escort.release_at, now)}.</p>`;
  }
  const refused = store.plan?.unserved.find((each) => store.mmsisOf(each).includes(mmsi));
  return refused
    ? html`<p class="escorted refused"><b>No escort:</b> ${refused.detail || words(refused.reason).toLowerCase()}.</p>`
    : nothing;
}
