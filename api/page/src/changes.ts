/** What a person has to look at, and what plans changed of the ones before, each with its reason. */
import { html, nothing, type TemplateResult } from "lit-html";
import { clock } from "./format";
import type { Change, Plan } from "./model";
import type { Store } from "./store";
import { t } from "./words/words";

export function news(store: Store, plan: Plan, now: number): TemplateResult {
  const alerts = plan.alerts ?? [];
  const changes = plan.recent_changes ?? [];
  return html`${alerts.length ? html`<ul class="alerts" role="alert">${alerts.map((each) => html`<li>${each.text}</li>`)}</ul>` : nothing}
    ${plan.pending ? html`<p class="pending">${t.board.pending(plan.pending)}</p>` : nothing}
    ${changes.length ? html`<details class="changes"><summary>${t.board.changes(changes.length)}</summary>
      <ul>${changes.map((each) => change(store, each, now))}</ul></details>` : nothing}`;
}

function change(store: Store, each: Change, now: number): TemplateResult {
  const ships = each.mmsis.map((mmsi) => store.name(Number(mmsi))).join(", ");
  const side = (part: Change["was"]) => (part ? `${store.assetName(part)} ${clock(part.rendezvous_at, now)}` : t.board.nobody);
  return html`<li>${clock(each.at, now)} <b>${t.board.change[each.kind] ?? each.kind}:</b> ${ships}, ${side(each.was)} → ${side(each.now)}. <span>${each.why}</span></li>`;
}
