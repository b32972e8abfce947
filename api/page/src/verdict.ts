/** An officer's decision on an escort: the buttons its stage allows, and the form for the reason. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Escort, Me, Tasking } from "./model";
import type { Store } from "./store";
import { t } from "./words/words";

export type Verb = "approval" | "rejection" | "lock" | "unlock" | "break-off";

/** A decision being made: the form is open until it is sent or given up, whatever the plan does. */
export interface Verdict {
  verb: Verb;
  tasking: string;
  requests: string[];
  /** Names for the form: of the asset, and of its ships. */
  asset: string;
  ships: string[];
}

export interface VerdictActions {
  consider(verdict: Verdict | null): void;
  decide(verdict: Verdict, reason: string): void;
}

const NEEDS_REASON: readonly Verb[] = ["rejection", "break-off"];

/** Officers decide on their own nation's assets; in an exercise the node's play all parts. */
export function mayDecide(me: Me | null, nation: string | null | undefined): boolean {
  if (!me || !["watch_officer", "planner"].includes(me.role)) return false;
  return me.nation === nation || (Boolean(me.exercise) && me.nation === me.node);
}

function verbs(escort: Escort): Verb[] {
  if (escort.status === "under_way") return ["break-off"];
  if (escort.status === "approved") return ["rejection", "unlock"];
  if (escort.status === "rejected" || escort.status === "broken_off") return [];
  return ["approval", "rejection", escort.locked ? "unlock" : "lock"];
}

export function buttons(store: Store, tasking: Tasking, escort: Escort, actions: VerdictActions): TemplateResult | typeof nothing {
  const id = tasking.id;
  if (!id || !mayDecide(store.me, tasking.nation)) return nothing;
  const about = () => ({
    tasking: id,
    requests: escort.requests,
    asset: store.assetName(tasking),
    ships: store.mmsisOf(escort).map((mmsi) => store.name(mmsi)),
  });
  return html`<span class="verbs">${verbs(escort).map((verb) => html`<button type="button"
    @click=${() => actions.consider({ verb, ...about() })}>${t.verdict.verbs[verb]}</button>`)}</span>`;
}

/** The form, apart from the rows: a plan made anew meanwhile takes nothing from under the officer's hand. */
export function form(verdict: Verdict, actions: VerdictActions): TemplateResult {
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const reason = new FormData(event.target as HTMLFormElement).get("reason");
    actions.decide(verdict, String(reason ?? "").trim());
  };
  const needed = NEEDS_REASON.includes(verdict.verb);
  return html`<form class="verdict" @submit=${send} @keydown=${(event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      actions.consider(null);
    }}>
    <b>${t.verdict.verbs[verdict.verb]}: ${verdict.asset} · ${verdict.ships.join(", ")}</b>
    <label>${t.verdict.reason}${needed ? "" : t.verdict.ifAny} <input name="reason" maxlength="200" autocomplete="off" ?required=${needed} /></label>
    <button type="submit">${t.verdict.verbs[verdict.verb]}</button>
    <button type="button" @click=${() => actions.consider(null)}>${t.verdict.cancel}</button>
  </form>`;
}
