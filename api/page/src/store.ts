/** Everything the page knows, in one place; whoever draws subscribes and reads. */
import type { Frame } from "./frame";
import {
  mmsiText, type Asset, type EscortRequest, type Me, type Plan, type Position, type SeaEvent, type Ship,
  type Tasking, type Vessel,
} from "./model";
import type { Replay } from "./replay";
import { Ships } from "./ships";
import type { Verdict } from "./verdict";

export type Connection = "connecting" | "live" | "lost";

export interface Selection {
  mmsi: number;
  vessel: Vessel | null;
  track: GeoJSON.GeoJSON | null;
  events: SeaEvent[];
  problem: string | null;
}

export class Store {
  me: Me | null = null;
  signedOut = false;
  exercise = false;
  connection: Connection = "connecting";
  retryAt = 0;
  lastFrameAt = 0;
  /** Seconds since the service last heard anything, as it said at `noticedAt`. */
  dataAge: number | null = null;
  noticedAt = 0;
  problem: string | null = null;
  /** Where the ships are now; where they were, while the past is replayed. */
  readonly live = new Ships();
  past: Ships | null = null;
  replay: Replay | null = null;
  readonly vessels = new Map<number, Vessel>();
  events: SeaEvent[] = [];
  plan: Plan | null = null;
  requests = new Map<string, EscortRequest>();
  assets = new Map<string, Asset>();
  selected: Selection | null = null;
  /** The decision whose form is open. */
  verdict: Verdict | null = null;
  query = "";
  minBand = 0;

  /** The ships that are shown. */
  get ships(): Ships {
    return this.past ?? this.live;
  }

  private listeners: (() => void)[] = [];
  private scheduled = false;

  /** Calls back once a frame at most, after something changed. */
  subscribe(listener: () => void): void {
    this.listeners.push(listener);
  }

  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    }, 16);
  }

  /** Takes one live frame. */
  apply(frame: Frame): void {
    this.live.take(frame);
    this.lastFrameAt = Date.now();
    this.changed();
  }

  /** Takes in new and changed events; newest first. */
  happened(events: SeaEvent[]): void {
    if (events.length === 0) return;
    const byId = new Map([...this.events, ...events].map((event) => [event.id, event]));
    this.events = [...byId.values()].sort((a, b) => b.started_at.localeCompare(a.started_at));
  }

  /** The picture's own time, ms: that of the newest report, which a replay leaves in the past. */
  get pictureTime(): number {
    return this.ships.newestReport ? this.ships.newestReport * 1000 : Date.now();
  }

  name(mmsi: number): string {
    return this.vessels.get(mmsi)?.name?.trim() || mmsiText(mmsi);
  }

  asset(id: string): Asset {
    return this.assets.get(id) ?? { id };
  }

  /** A patrol vessel by name; that the fleet is an exercise's is said once, above all. */
  assetName(part: { asset: string; name?: string | null }): string {
    return (part.name ?? this.asset(part.asset).name ?? part.asset).replace(" (exercise)", "");
  }

  /** The ships an escort or a refused request is about. */
  mmsisOf(part: { mmsis?: string[]; requests?: string[]; request?: string }): number[] {
    if (part.mmsis?.length) return part.mmsis.map(Number);
    const ids = part.requests ?? (part.request ? [part.request] : []);
    return ids.flatMap((id) => this.requests.get(id)?.mmsis ?? []).map(Number);
  }

  /** Taskings, those under way first: each stands where its asset is now. */
  get taskings(): Tasking[] {
    const running = (this.plan?.under_way ?? []).map(({ why: _, ...each }): Tasking => ({ ...each, escorts: [each] }));
    return [...running, ...(this.plan?.taskings ?? [])];
  }

  /** Where a ship's proposed escort comes from, meets her and releases her. */
  escortPlaces(mmsi: number): Position[] {
    for (const tasking of this.taskings) {
      const escort = tasking.escorts.find((each) => this.mmsisOf(each).includes(mmsi));
      if (!escort) continue;
      const places = [tasking.position ?? this.asset(tasking.asset).position, escort.rendezvous_position, escort.release_position];
      return places.filter((place) => place != null);
    }
    return [];
  }

  /** The first `rows` ships of the chosen bands that match the search, highest priority first; and how many match. */
  priorityList(rows = Infinity): { first: Ship[]; matching: number } {
    const { ships } = this;
    const query = this.query.trim().toLowerCase();
    const chosen: number[] = [];
    for (let slot = 0; slot < ships.size; slot++) {
      if (ships.band[slot]! >= this.minBand && (!query || this.matches(ships.mmsi[slot]!, query))) chosen.push(slot);
    }
    const rank = new Map<number, number>();
    const least = leastBandOfFirst(chosen.map((slot) => ships.band[slot]!), rows);
    const leading = chosen.filter((slot) => ships.band[slot]! >= least);
    for (const slot of leading) rank.set(slot, this.priority(slot));
    leading.sort((a, b) => rank.get(b)! - rank.get(a)! || ships.mmsi[a]! - ships.mmsi[b]!);
    return { first: leading.slice(0, rows).map((slot) => ships.at(slot)), matching: chosen.length };
  }

  private matches(mmsi: number, query: string): boolean {
    return this.name(mmsi).toLowerCase().includes(query) || mmsiText(mmsi).includes(query);
  }

  /** The higher band first, then the larger of the two scores that stand in it. */
  private priority(slot: number): number {
    const { ships } = this;
    const vessel = this.vessels.get(ships.mmsi[slot]!);
    const top = ships.band[slot]!;
    const coercion = ships.coercion[slot] === top ? (vessel?.coercion?.probability ?? 0) : 0;
    const smuggling = ships.smuggling[slot] === top ? (vessel?.smuggling?.priority ?? 0) / 100 : 0;
    return top * 2 + Math.max(coercion, smuggling);
  }
}

/** The band that the last of the first `rows` is in: only ships from there up need ranking. */
function leastBandOfFirst(bands: number[], rows: number): number {
  const counts = [0, 0, 0, 0, 0];
  for (const band of bands) counts[band]!++;
  let sum = 0;
  for (let band = 4; band > 0; band--) if ((sum += counts[band]!) >= rows) return band;
  return 0;
}
