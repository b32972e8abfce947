/** `window.safepassage`: what the page has, read-only, for whoever watches it from outside. */
import type { Store } from "./store";

declare global {
  interface Window {
    safepassage: Readonly<PageFlag>;
  }
}

export interface PageFlag {
  /** The chart is drawn, somebody is signed in and the first picture has come. */
  ready: boolean;
  connection: string;
  ships: number;
  /** Seconds from the newest report to now: large while a replay or a feed catches up. */
  behind_s: number | null;
  events: number;
  escorts: number;
  /** MMSI of ships with an assessment. */
  assessed: number[];
  positions: Record<number, [number, number]>;
}

export function exposeFlag(store: Store, charted: () => boolean): void {
  window.safepassage = Object.freeze({
    get ready() {
      return charted() && store.me !== null && store.lastFrameAt > 0;
    },
    get connection() {
      return store.connection;
    },
    get ships() {
      return store.ships.size;
    },
    get behind_s() {
      return store.ships.newestReport ? Date.now() / 1000 - store.ships.newestReport : null;
    },
    get events() {
      return store.events.length;
    },
    get escorts() {
      return store.taskings.reduce((n, tasking) => n + tasking.escorts.length, 0);
    },
    get assessed() {
      return [...store.vessels].filter(([, v]) => v.coercion ?? v.smuggling).map(([mmsi]) => mmsi);
    },
    get positions() {
      return Object.fromEntries([...store.ships.values()].map((s) => [s.mmsi, [s.lon, s.lat] as [number, number]]));
    },
  });
}
