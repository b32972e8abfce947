/** The bar on top: what this is, how alive the data is, how much of it, who looks, what time it is. */
import { html, nothing, type TemplateResult } from "lit-html";
import { age, clock, fullClock } from "./format";
import type { Store } from "./store";
import { t } from "./words/words";

const STALE_S = 15;
/** From here on the picture is of the past: a replay, or a feed that catches up. */
const BEHIND_S = 300;

export interface HeaderActions {
  open(sheet: "keys" | "settings"): void;
}

export function header(store: Store, actions: HeaderActions, now: number): TemplateResult {
  const state = connection(store, now);
  return html`
    <h1><svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path class="shield" d="M12 1 21 5V12C21 18 17 21.5 12 23 7 21.5 3 18 3 12V5Z"></path></svg>Safe Passage</h1>
    ${store.exercise ? html`<strong class="exercise">${t.bar.exercise}</strong>` : nothing}
    <span class="connection ${state.tone}"><i aria-hidden="true"></i>${state.text}</span>
    <span class="count"><b>${store.ships.size.toLocaleString(t.locale)}</b> ${t.bar.ships}</span>
    ${store.ships.newestReport ? newest(store.pictureTime, now) : nothing}
    <span class="gap"></span>
    ${store.me ? html`<span class="who">${store.me.name}<small>${role(store)}</small></span>` : nothing}
    <button type="button" class="tool" title=${t.bar.settings} aria-label=${t.bar.settings} @click=${() => actions.open("settings")}>⚙</button>
    <button type="button" class="tool" title=${t.bar.help} aria-label=${t.bar.help} @click=${() => actions.open("keys")}>?</button>
    <time class="utc" datetime=${new Date(now).toISOString()}>${fullClock(now)}</time>`;
}

function newest(pictureTime: number, now: number): TemplateResult {
  const behind = (now - pictureTime) / 1000;
  return html`<span class="count">${t.bar.newest} <b>${clock(new Date(pictureTime).toISOString(), now)}</b>${behind > BEHIND_S ? t.bar.ago(age(behind)) : ""}</span>`;
}

const role = (store: Store): string =>
  [store.me && (t.roles[store.me.role] ?? store.me.role), store.me?.nation].filter(Boolean).join(" · ");

function connection(store: Store, now: number): { tone: string; text: string } {
  if (store.replay) return { tone: "past", text: t.replay.state(fullClock(store.replay.at)) };
  const seconds = store.lastFrameAt ? Math.max((now - store.lastFrameAt) / 1000, feedAge(store, now)) : null;
  const old = seconds === null ? null : age(seconds);
  if (store.connection === "lost") {
    const again = store.retryAt > now ? t.bar.retryIn(age((store.retryAt - now) / 1000)) : t.bar.retry;
    return { tone: "lost", text: `${old ? t.bar.lost(old) : t.bar.none}${again}` };
  }
  if (store.connection === "connecting" || seconds === null) return { tone: "waiting", text: t.bar.connecting };
  return seconds! > STALE_S
    ? { tone: "waiting", text: t.bar.nothingNew(old!) }
    : { tone: "live", text: t.bar.live(old!) };
}

const feedAge = (store: Store, now: number): number =>
  store.dataAge === null ? 0 : store.dataAge + (now - store.noticedAt) / 1000;
