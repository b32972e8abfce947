/** Reasons of a score: bars of what each adds, in words, with what else could explain it. */
import { html, nothing, svg, type TemplateResult } from "lit-html";
import { words } from "./format";
import type { Reason } from "./model";
import { kindOf, t } from "./words/words";

export interface ReasonScale {
  /** Contribution -> text with its unit. */
  shown(contribution: number): string;
  openEvent(id: string): void;
  knows(id: string): string | null;
}

export function reasons(all: Reason[], band: number, scale: ReasonScale): TemplateResult {
  if (all.length === 0) return html`<p class="quiet">${t.reason.none}</p>`;
  const ordered = [...all].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const largest = Math.max(...ordered.map((r) => Math.abs(r.contribution)), Number.MIN_VALUE);
  return html`<ol class="reasons">${ordered.map((reason) => one(reason, band, largest, scale))}</ol>`;
}

function one(reason: Reason, band: number, largest: number, scale: ReasonScale): TemplateResult {
  const events = (reason.event_ids ?? []).map((id) => ({ id, kind: scale.knows(id) }));
  return html`<li title=${words(reason.code)}>
    <p><span>${reason.text}</span><b>${sign(reason.contribution)}${scale.shown(Math.abs(reason.contribution))}</b></p>
    ${reason.contribution === 0 ? nothing : bar(reason.contribution / largest, band)}
    ${reason.innocent_explanation ? html`<p class="innocent"><i>${t.reason.could}</i> ${reason.innocent_explanation}</p>` : nothing}
    ${events.map(({ id, kind }) => kind
      ? html`<button type="button" class="link" @click=${() => scale.openEvent(id)}>${t.reason.evidence(kindOf(kind).toLowerCase())}</button>`
      : nothing)}
  </li>`;
}

const sign = (value: number) => (value < 0 ? "−" : "+");

/** Length by size; what lowers the score is hollow. */
function bar(part: number, band: number): TemplateResult {
  const width = `${Math.max(1, Math.abs(part) * 100)}%`;
  return html`<svg class="bar band-${band} ${part < 0 ? "lowers" : ""}" height="6" width="100%" aria-hidden="true">
    ${svg`<rect class="rail" width="100%" height="6" rx="3"></rect><rect class="fill" width=${width} height="6" rx="3"></rect>`}</svg>`;
}
