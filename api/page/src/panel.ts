/** The selected ship: who she is, both scores and why, her events, her escort. */
import { html, nothing, type TemplateResult } from "lit-html";
import { mark } from "./band";
import { eventItem } from "./event";
import {
  age, bearing, clock, coordinates, country, DASH, navStatus, percent, quantity, shipType, trim,
} from "./format";
import { BANDS, mmsiText, positionOf, type Band, type Challenger, type Position, type Unusual, type Vessel } from "./model";
import { place } from "./port";
import { reasons, type ReasonScale } from "./reason";
import type { Selection, Store } from "./store";
import { refusalOf, t } from "./words/words";

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
      <button type="button" ?disabled=${!position} @click=${() => position && actions.centre(position)}>${t.panel.centre}</button>
      <button type="button" aria-label=${t.panel.close} title=${t.panel.close} @click=${actions.close}>✕</button>
    </div>
    <div class="body">
      ${selection.problem ? html`<p class="problem">${selection.problem}</p>` : nothing}
      ${store.past ? html`<p class="quiet">${t.replay.record}</p>` : nothing}
      ${escortOf(store, mmsi, now)}
      ${vessel ? html`${scores(store, vessel)}${vessel.challenger ? challenger(vessel.challenger) : nothing}${vessel.unusual ? opinion(vessel.unusual) : nothing}` : selection.problem ? nothing : html`<p class="quiet">${t.panel.reading}</p>`}
      <h3>${t.panel.now}</h3>
      <dl>
        ${item(t.panel.position, position ? coordinates(position) : DASH)}
        ${item(t.panel.near, position ? (place(position) ?? t.near.far) : DASH)}
        ${item(t.panel.courseSpeed, `${bearing(ship?.cog ?? vessel?.cog_deg)} · ${quantity(ship?.sog ?? vessel?.sog_kn, "kn")}`)}
        ${item(t.panel.heading, bearing(ship?.heading ?? vessel?.heading_deg))}
        ${item(t.panel.status, navStatus(ship?.navStatus ?? vessel?.nav_status))}
        ${item(t.panel.reported, ship ? reported(ship.reportedAt * 1000, store.pictureTime, now) : clock(vessel?.reported_at, now))}
      </dl>
      ${vessel ? identity(vessel) : nothing}
      <h3>${t.panel.events} <small>${selection.events.length}</small></h3>
      ${selection.events.length
        ? html`<ul class="events">${selection.events.map((event) => eventItem(event, store, null, now))}</ul>`
        : html`<p class="quiet">${t.panel.nothingUnusual}</p>`}
      ${vessel?.model ? html`<p class="quiet">${t.panel.assessed(clock(vessel.assessed_at), vessel.model)}</p>` : nothing}
    </div>`;
}

/** When she was last heard, and for how long the others have been heard since. */
function reported(at: number, pictureTime: number, now: number): string {
  const silent = (pictureTime - at) / 1000;
  return `${clock(new Date(at).toISOString(), now)}${silent > 90 ? t.panel.silentFor(age(silent)) : ""}`;
}

const subtitle = (vessel: Vessel | null, type: number | undefined): string =>
  [vessel?.flag ? country(vessel.flag) : null, shipType(vessel?.ship_type ?? type)].filter((t) => t && t !== DASH).join(" · ");

const item = (name: string, value: unknown) => html`<dt>${name}</dt><dd>${value === "" || value == null ? DASH : value}</dd>`;

function identity(vessel: Vessel): TemplateResult {
  const size = vessel.length_m ? `${vessel.length_m.toFixed(0)} × ${vessel.width_m?.toFixed(0) ?? DASH} m` : DASH;
  return html`<h3>${t.panel.identity}</h3>
    <dl>
      ${item("MMSI", mmsiText(Number(vessel.mmsi)))}
      ${item("IMO", vessel.imo)}
      ${item(t.panel.callsign, vessel.callsign)}
      ${item(t.panel.flag, country(vessel.flag))}
      ${item(t.panel.type, shipType(vessel.ship_type))}
      ${item(t.panel.size, size)}
      ${item(t.panel.draught, quantity(vessel.draught_m, "m"))}
      ${item(t.panel.destination, vessel.destination)}
      ${item(t.panel.eta, vessel.eta && /^\d{4}-/.test(vessel.eta) ? clock(vessel.eta) : vessel.eta)}
    </dl>`;
}

function scores(store: Store, vessel: Vessel): TemplateResult {
  const { coercion, smuggling } = vessel;
  return html`
    ${coercion
      ? score(t.panel.coercion, coercion.band, percent(coercion.probability),
          t.panel.interval(percent(coercion.low), percent(coercion.high), trim(coercion.horizon_h)),
          reasons(coercion.reasons, bandIndex(coercion.band), reasonScale(store, percent)))
      : html`<h3>${t.panel.coercion}</h3><p class="quiet">${t.panel.notAssessed}</p>`}
    ${smuggling
      ? score(t.panel.smuggling, smuggling.band, `${trim(smuggling.priority)}`, t.panel.points,
          reasons(smuggling.reasons, bandIndex(smuggling.band), reasonScale(store, (n) => `${trim(n)}`)))
      : html`<h3>${t.panel.smuggling}</h3><p class="quiet">${t.panel.notAssessed}</p>`}`;
}

/** A second model's word, apart from the scores and without a band. */
function challenger(said: Challenger): TemplateResult {
  const value = said.probability == null ? t.panel.logOdds(said.log_odds.toFixed(2), said.calibration) : percent(said.probability);
  return html`<section class="assessment" aria-label=${t.panel.challenger}>
    <h3>${t.panel.challenger}</h3>
    <p class=${said.exercise ? "problem" : "quiet"}>${value}: ${said.note}.</p>
  </section>`;
}

/** The second opinion, apart from the scores and without a band. */
function opinion(said: Unusual): TemplateResult {
  const text = said.rank == null
    ? t.opinion.notJudged(said.note)
    : t.opinion.rank(percent(said.rank), said.ships - 1);
  return html`<section class="assessment" aria-label=${t.opinion.title}>
    <h3>${t.opinion.title}</h3>
    <p class="quiet">${text}</p>
    ${said.reasons.map((r) => html`<p class="quiet">${t.opinion.usually(t.opinion.what[r.what] ?? r.what, `${r.hers} ${r.unit}`, String(r.usual[0]), String(r.usual[1]))}</p>`)}
    ${said.rank == null ? nothing : html`<p class="quiet">${t.opinion.notWrong}</p>`}
  </section>`;
}

const bandIndex = (band: Band) => Math.max(0, BANDS.indexOf(band));

function score(title: string, band: Band, value: string, note: string, why: TemplateResult): TemplateResult {
  const index = bandIndex(band);
  return html`<section class="assessment" aria-label=${title}>
    <h3>${title}</h3>
    <p class="figure band-${index}">${mark(index, 20)}<b>${index === 0 ? DASH : value}</b>
      <span><strong>${t.bands[index]}</strong><small>${index === 0 ? t.panel.tooLittle : note}</small></span></p>
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
    return html`<p class="escorted"><b>${t.panel.escort(t.board.status[escort.status ?? "proposed"] ?? escort.status!)}</b> ${store.assetName(tasking)}${nation ? ` (${nation})` : ""},
      ${t.panel.meetsReleases(clock(escort.rendezvous_at, now), clock(escort.release_at, now))}</p>`;
  }
  const refused = store.plan?.unserved.find((each) => store.mmsisOf(each).includes(mmsi));
  return refused
    ? html`<p class="escorted refused"><b>${t.panel.noEscort}</b> ${refused.detail || refusalOf(refused.reason).toLowerCase()}.</p>`
    : nothing;
}
