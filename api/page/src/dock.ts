/** The dock under the chart: tabs for the escort board, what is not served, and events. */
import { html, nothing, type TemplateResult } from "lit-html";
import { board, unserved, type BoardActions } from "./board";
import { eventItem, type EventActions } from "./event";
import type { Store } from "./store";
import { t } from "./words/words";

export type Tab = "escorts" | "unserved" | "events";
const EVENTS_SHOWN = 100;

export interface DockActions extends BoardActions, EventActions {
  /** Opens a tab; the open one closes. */
  turn(tab: Tab): void;
}

export function dock(store: Store, open: Tab | null, actions: DockActions, now: number): TemplateResult {
  const escorts = store.taskings.reduce((n, tasking) => n + tasking.escorts.length, 0);
  const tab = (id: Tab, label: string, count: number) => html`<button type="button" role="tab" id="tab-${id}"
    aria-selected=${open === id} aria-controls="dock-page" @click=${() => actions.turn(id)}>${label} <small>${count}</small></button>`;
  return html`<div class="tabs" role="tablist" aria-label=${t.dock.title}>
      ${tab("escorts", t.dock.escorts, escorts)}
      ${tab("unserved", t.dock.unserved, store.plan?.unserved.length ?? 0)}
      ${tab("events", t.dock.events, store.events.length)}
    </div>
    ${open ? html`<div id="dock-page" role="tabpanel" aria-labelledby="tab-${open}">${page(store, open, actions, now)}</div>` : nothing}`;
}

function page(store: Store, open: Tab, actions: DockActions, now: number): TemplateResult {
  if (open === "escorts") return board(store, actions, now);
  if (open === "unserved") return unserved(store, actions);
  if (store.events.length === 0) return html`<p class="empty">${t.dock.noEvent}</p>`;
  return html`<div class="scroll"><ul class="events wide">
    ${store.events.slice(0, EVENTS_SHOWN).map((event) => eventItem(event, store, actions, now))}</ul></div>`;
}
