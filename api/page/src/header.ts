/** The bar on top: what this is, how alive the data is, how much of it, who looks, what time it is. */
import { html, nothing, type TemplateResult } from "lit-html";
import { age, clock, fullClock } from "./format";
import type { Store } from "./store";

const STALE_S = 15;
/** From here on the picture is of the past: a replay, or a feed that catches up. */
const BEHIND_S = 300;

export function header(store: Store, now: number): TemplateResult {
  const state = connection(store, now);
  return html`
    <h1><svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path class="shield" d="M12 1 21 5V12C21 18 17 21.5 12 23 7 21.5 3 18 3 12V5Z"></path></svg>Safe Passage</h1>
    ${store.exercise ? html`<strong class="exercise">EXERCISE – synthetic data</strong>` : nothing}
    <span class="connection ${state.tone}"><i aria-hidden="true"></i>${state.text}</span>
    <span class="count"><b>${store.ships.size.toLocaleString("en")}</b> ships</span>
    ${store.newestReport ? newest(store.pictureTime, now) : nothing}
    <span class="gap"></span>
    ${store.me ? html`<span class="who">${store.me.name}<small>${role(store)}</small></span>` : nothing}
    <time class="utc" datetime=${new Date(now).toISOString()}>${fullClock(now)}</time>`;
}

function newest(pictureTime: number, now: number): TemplateResult {
  const behind = (now - pictureTime) / 1000;
  return html`<span class="count">newest report <b>${clock(new Date(pictureTime).toISOString(), now)}</b>${behind > BEHIND_S ? `, ${age(behind)} ago` : ""}</span>`;
}

const role = (store: Store): string =>
  [store.me?.role.replaceAll("_", " "), store.me?.nation].filter(Boolean).join(" · ");

function connection(store: Store, now: number): { tone: string; text: string } {
  const seconds = store.lastFrameAt ? Math.max((now - store.lastFrameAt) / 1000, feedAge(store, now)) : null;
  const old = seconds === null ? null : age(seconds);
  if (store.connection === "lost") {
    const again = store.retryAt > now ? `, trying again in ${age((store.retryAt - now) / 1000)}` : ", trying again";
    return { tone: "lost", text: old ? `Connection lost: data is ${old} old${again}` : `No connection${again}` };
  }
  if (store.connection === "connecting" || seconds === null) return { tone: "waiting", text: "Connecting" };
  return seconds! > STALE_S
    ? { tone: "waiting", text: `Connected, but nothing new for ${old}` }
    : { tone: "live", text: `Live, data ${old} old` };
}

const feedAge = (store: Store, now: number): number =>
  store.dataAge === null ? 0 : store.dataAge + (now - store.noticedAt) / 1000;
