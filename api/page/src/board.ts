/** The escort board: who escorts whom, where and when; what the plan is worth; whom it leaves out. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { news } from "./changes";
import { clock, country, DASH, percent, trim, words } from "./format";
import type { Escort, Plan, Position, Tasking } from "./model";
import { place } from "./port";
import type { Store } from "./store";
import { buttons, form, type VerdictActions } from "./verdict";
import { refusalOf, t } from "./words/words";

export interface BoardActions extends VerdictActions {
  select(mmsi: number): void;
}

export function board(store: Store, actions: BoardActions, now: number): TemplateResult {
  const plan = store.plan;
  if (!plan) return html`<p class="empty">${t.board.noPlan}</p>`;
  const rows = store.taskings.flatMap((tasking) => tasking.escorts.map((escort) => ({ tasking, escort })));
  rows.sort((a, b) => a.escort.rendezvous_at.localeCompare(b.escort.rendezvous_at));
  return html`${store.verdict ? form(store.verdict, actions) : nothing}${totals(plan, rows.length, now)}${news(store, plan, now)}
    ${rows.length === 0 ? html`<p class="empty">${t.board.nothing}</p>` : html`
    <div class="scroll"><table class="board">
      <thead><tr>${t.board.columns.map((name, i) => html`<th class=${i === 5 ? "number" : ""}>${name}</th>`)}</tr></thead>
      <tbody>${rows.map(({ tasking, escort }) => row(store, tasking, escort, actions, now))}</tbody>
    </table></div>`}
    ${past(store, plan, now)}`;
}

/** Escorts of the last day that are done or were broken off. */
function past(store: Store, plan: Plan, now: number): TemplateResult | typeof nothing {
  const ended = plan.ended ?? [];
  if (ended.length === 0) return nothing;
  return html`<details class="changes"><summary>${t.board.ended(ended.length)}</summary>
    <ul>${ended.map((each) => html`<li><b>${t.board.status[each.status ?? ""] ?? ""}</b> ${clock(each.ended_at, now)}: ${store.assetName(each)} (${each.nation ?? DASH}) ${t.board.with}
      ${(each.mmsis ?? []).map((mmsi) => store.name(Number(mmsi))).join(", ")}. <span>${each.why}</span></li>`)}</ul></details>`;
}

function row(store: Store, tasking: Tasking, escort: Escort, actions: BoardActions, now: number): TemplateResult {
  const asset = store.asset(tasking.asset);
  const name = store.assetName(tasking);
  const kind = tasking.class ?? asset.class;
  const nation = tasking.nation ?? asset.nation;
  const mmsis = store.mmsisOf(escort);
  const requests = escort.requests.map((id) => store.requests.get(id)).filter((r) => r !== undefined);
  const averted = escort.risk_value ?? (requests.length ? requests.reduce((sum, r) => sum + r.risk_value, 0) : null);
  const why = escort.why ?? tasking.why ?? t.board.why(trim(escort.transit_nm), trim(escort.leg_nm));
  const chosen = store.selected !== null && mmsis.includes(store.selected.mmsi);
  return html`<tr class=${chosen ? "chosen" : ""}>
    <td title=${country(nation)}><b>${name}</b><small>${[nation, kind && !name.includes(kind) ? kind : null].filter(Boolean).join(" · ")}</small></td>
    <td>${mmsis.map((mmsi) => html`<button type="button" class="link" @click=${() => actions.select(mmsi)}>${store.name(mmsi)}</button> `)}</td>
    <td>${when(escort.rendezvous_at, escort.rendezvous_position ?? requests[0]?.rendezvous, now)}</td>
    <td>${when(escort.release_at, escort.release_position ?? requests[0]?.release, now)}</td>
    <td>${stage(tasking, escort)}${buttons(store, { ...tasking, nation }, escort, actions)}</td>
    <td class="number">${averted === null ? DASH : trim(averted)}</td>
    <td class="why" title=${why}><p>${why}</p></td>
  </tr>
  ${chosen ? html`<tr class="chosen detail"><td colspan="7">${why}</td></tr>` : nothing}`;
}

/** The escort's stage, and whose word made it so. */
function stage(tasking: Tasking, escort: Escort): TemplateResult {
  const status = escort.status ?? tasking.status ?? "proposed";
  const word = escort.decided;
  const said = word ? `${t.board.decidedBy(t.board.decision[word.kind] ?? words(word.kind), word.by, word.nation, clock(word.at))}${word.reason ? `: ${word.reason}` : ""}` : "";
  return html`<span class="status ${status}" title=${said}>${t.board.status[status] ?? status}${escort.locked && status === "proposed" ? t.board.locked : ""}</span>`;
}

function when(iso: string, position: Position | null | undefined, now: number): TemplateResult {
  return html`<b>${clock(iso, now)}</b>${position ? html`<small>${place(position) ?? ""}</small>` : nothing}`;
}

/** What the plan averts beside both baselines, its proof, and what each nation gives. */
function totals(plan: Plan, escorts: number, now: number): TemplateResult {
  const baselines = plan.baselines ?? {};
  const values: [string, number, boolean][] = [
    [t.board.averted, plan.risk_value, true],
    ...Object.entries(baselines).map(([name, value]): [string, number, boolean] => [t.board.baselines[name] ?? words(name), value, false]),
  ];
  const largest = Math.max(...values.map(([, value]) => value), Number.MIN_VALUE);
  return html`<div class="totals">
    <p>${t.board.escorts(escorts)}${plan.made_at ? html`${t.board.planned} <b>${clock(plan.made_at, now)}</b>` : nothing}${t.board.gap} <b>${plan.gap == null ? t.board.noGap : percent(plan.gap)}</b></p>
    <ul class="compare" aria-label=${t.board.avertedLong}>
      ${values.map(([name, value, ours]) => html`<li>${name} <svg width="48" height="8" aria-hidden="true">
        ${svg`<rect class="rail" width="48" height="8" rx="2"></rect><rect class=${ours ? "ours" : "theirs"} width=${(48 * Math.max(0, value)) / largest} height="8" rx="2"></rect>`}
        </svg> <b>${trim(value)}</b></li>`)}
    </ul>
    <ul class="burden" aria-label=${t.board.hours}>
      ${Object.entries(plan.burden ?? {}).map(([nation, { hours, share }]) => html`<li title=${country(nation)}>${nation} <b>${trim(hours)} h</b> ${Math.round(share * 100)}%</li>`)}
    </ul>
  </div>`;
}

/** Requests nobody serves, with the reason in words. */
export function unserved(store: Store, actions: BoardActions): TemplateResult {
  const refused = store.plan?.unserved ?? [];
  if (refused.length === 0) return html`<p class="empty">${t.board.allServed}</p>`;
  return html`<div class="scroll"><table>
    <thead><tr>${t.board.refused.map((name, i) => html`<th class=${i === 3 ? "number" : ""}>${name}</th>`)}</tr></thead>
    <tbody>${refused.map((each) => html`<tr>
      <td>${store.mmsisOf(each).map((mmsi) => html`<button type="button" class="link" @click=${() => actions.select(mmsi)}>${store.name(mmsi)}</button> `)}</td>
      <td><b>${refusalOf(each.reason)}</b></td><td class="why">${each.detail ?? ""}</td>
      <td class="number">${each.would_cost == null ? DASH : trim(each.would_cost)}</td></tr>`)}</tbody>
  </table></div>`;
}
