/** One observed event as a list item, with its evidence in words. */
import { html, nothing, type TemplateResult } from "lit-html";
import { age, clock, evidence } from "./format";
import type { Position, SeaEvent } from "./model";
import { place } from "./port";
import type { Store } from "./store";
import { kindOf, t } from "./words/words";

export interface EventActions {
  open(event: SeaEvent): void;
}

export function eventItem(event: SeaEvent, store: Store, actions: EventActions | null, now: number): TemplateResult {
  const facts = Object.entries(event.evidence).map(([name, value]) => evidence(name, value)).filter((f) => f !== null);
  const where = place([event.lon, event.lat] as Position);
  const names = event.mmsis.map((mmsi) => store.name(Number(mmsi))).join(t.event.and);
  return html`<li id=${actions ? nothing : `event-${event.id}`} class="event ${event.status}">
    <p><b>${kindOf(event.kind)}</b><span class="status">${t.event.status[event.status] ?? event.status}</span>
      <time datetime=${event.started_at}>${clock(event.started_at, now)}${ending(event, store.pictureTime)}</time></p>
    <p>${actions ? html`<button type="button" class="link" @click=${() => actions.open(event)}>${names}</button>` : names}${where ? `, ${where}` : ""}</p>
    ${facts.length ? html`<p class="quiet">${facts.map(([label, value]) => `${label} ${value}`).join(" · ")} · ${t.event.confidence(Math.round(event.confidence * 100))}</p>` : nothing}
  </li>`;
}

function ending(event: SeaEvent, pictureTime: number): string {
  const until = event.ended_at ? Date.parse(event.ended_at) : pictureTime;
  const lasted = age((until - Date.parse(event.started_at)) / 1000);
  return event.ended_at ? `, ${lasted}` : t.event.lasting(lasted);
}
