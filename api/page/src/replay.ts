/** Replay: the picture of the past on the same chart, at any speed; and the bar that drives it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { DASH, fullClock } from "./format";
import type { Frame } from "./frame";
import { Ships } from "./ships";
import type { Store } from "./store";
import { t } from "./words/words";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** After so long a delta would be no shorter than the whole, and ships that fell silent must go. */
const WHOLE_EVERY_MS = 30 * MINUTE_MS;
const STEP_MS = 1000;
export const SPEEDS = [1, 10, 60, 300, 1200] as const;

/** The instant that is shown, and how it moves. */
export interface Replay {
  at: number;
  speed: number;
  playing: boolean;
}

/** A frame of an instant, or of what was heard between two; null where it could not be had. */
export type ReadPast = (at: number, after: number | null) => Promise<Frame | null>;

export class Player {
  private whole = -Infinity;
  private shown = -Infinity;
  private busy = false;

  constructor(
    private readonly store: Store,
    private readonly read: ReadPast,
  ) {}

  /** Shows an instant, and stays there until it is told to play. */
  async seek(at: number): Promise<void> {
    const { replay } = this.store;
    this.store.replay = { speed: 60, ...replay, at: Math.min(at, Date.now()), playing: false };
    await this.show(true);
  }

  play(playing: boolean): void {
    if (this.store.replay) this.store.replay = { ...this.store.replay, playing };
    this.store.changed();
  }

  set speed(speed: number) {
    if (this.store.replay) this.store.replay = { ...this.store.replay, speed };
    this.store.changed();
  }

  /** Back to the live picture. */
  leave(): void {
    this.store.replay = this.store.past = null;
    this.whole = this.shown = -Infinity;
    this.store.changed();
  }

  /** A second of ours has passed. */
  async step(): Promise<void> {
    const { replay } = this.store;
    if (!replay?.playing || this.busy) return;
    const at = replay.at + STEP_MS * replay.speed;
    if (at >= Date.now()) return this.leave();
    this.store.replay = { ...replay, at };
    await this.show(false);
  }

  private async show(anew: boolean): Promise<void> {
    const at = this.store.replay!.at;
    const whole = anew || at - this.whole >= WHOLE_EVERY_MS;
    this.busy = true;
    const frame = await this.read(at, whole ? null : this.shown);
    this.busy = false;
    const now = this.store.replay;
    if (!now) return; // it was left meanwhile
    if (now.at !== at) return anew ? undefined : this.show(true); // somewhere else was asked for
    if (frame) {
      const past = (this.store.past ??= new Ships());
      past.take(frame);
      this.shown = at;
      if (whole) this.whole = at;
    }
    this.store.changed();
  }
}

export function replayBar(replay: Replay | null, player: Player, now: number): TemplateResult | typeof nothing {
  if (!replay) return nothing;
  const midnight = Math.floor(replay.at / DAY_MS) * DAY_MS;
  const day = new Date(midnight).toISOString().slice(0, 10);
  const minutes = (ms: number) => Math.floor((ms - midnight) / MINUTE_MS);
  const last = Math.min(minutes(now), 24 * 60 - 1);
  const value = (event: Event) => (event.target as HTMLInputElement).value;
  return html`<div class="replay" role="group" aria-label=${t.replay.title}>
    <button type="button" aria-label=${replay.playing ? t.replay.pause : t.replay.play} @click=${() => player.play(!replay.playing)}>${replay.playing ? "⏸" : "▶"}</button>
    <input type="date" aria-label=${t.replay.day} .value=${day} max=${new Date(now).toISOString().slice(0, 10)}
      @change=${(event: Event) => value(event) && void player.seek(Date.parse(`${value(event)}T00:00:00Z`) + replay.at - midnight)} />
    <input type="range" aria-label=${t.replay.time} aria-valuetext=${fullClock(replay.at)} min="0" max=${last} .value=${String(minutes(replay.at))}
      @input=${(event: Event) => void player.seek(midnight + Number(value(event)) * MINUTE_MS)} />
    <output>${fullClock(replay.at).slice(-9) || DASH}</output>
    <select aria-label=${t.replay.speed} @change=${(event: Event) => (player.speed = Number(value(event)))}>
      ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === replay.speed}>× ${speed}</option>`)}
    </select>
    <button type="button" @click=${() => player.leave()}>${t.replay.live}</button>
  </div>`;
}
