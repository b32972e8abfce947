/** What the service serves, as the page reads it. Anything may be null: AIS often does not say. */

export const BANDS = ["insufficient_data", "low", "elevated", "high", "severe"] as const;
export type Band = (typeof BANDS)[number];
export type Position = [number, number];
type Maybe<T> = T | null | undefined;

export interface Me {
  name: string;
  role: string;
  nation: Maybe<string>;
  node?: Maybe<string>;
  exercise?: Maybe<boolean | string>;
}

export interface Reason {
  code: string;
  text: string;
  contribution: number;
  event_ids?: string[];
  innocent_explanation?: Maybe<string>;
}

export interface Coercion {
  probability: number;
  low: number;
  high: number;
  band: Band;
  horizon_h: number;
  reasons: Reason[];
}

export interface Smuggling {
  priority: number;
  band: Band;
  reasons: Reason[];
}

export interface Vessel {
  mmsi: string;
  name?: Maybe<string>;
  imo?: Maybe<number | string>;
  callsign?: Maybe<string>;
  flag?: Maybe<string>;
  ship_type?: Maybe<number | string>;
  length_m?: Maybe<number>;
  width_m?: Maybe<number>;
  draught_m?: Maybe<number>;
  destination?: Maybe<string>;
  eta?: Maybe<string>;
  lon?: Maybe<number>;
  lat?: Maybe<number>;
  position?: Maybe<Position>;
  sog_kn?: Maybe<number>;
  cog_deg?: Maybe<number>;
  heading_deg?: Maybe<number>;
  nav_status?: Maybe<number | string>;
  reported_at?: Maybe<string>;
  coercion?: Maybe<Coercion>;
  smuggling?: Maybe<Smuggling>;
  model?: Maybe<string>;
  assessed_at?: Maybe<string>;
  releasable_to?: Maybe<string[]>;
  challenger?: Maybe<Challenger>;
  unusual?: Maybe<Unusual>;
}

/** How unusual her passage is among ships of the same waters; in no score. */
export interface Unusual {
  rank: Maybe<number>;
  ships: number;
  reasons: { what: string; unit: string; hers: number; usual: [number, number] }[];
  note: string;
}

/** What the adopted challenger says, beside the table. */
export interface Challenger {
  model: string;
  exercise: boolean;
  note: string;
  probability: Maybe<number>;
  calibration: string;
  log_odds: number;
}

export interface SeaEvent {
  id: string;
  kind: string;
  mmsis: string[];
  started_at: string;
  ended_at: Maybe<string>;
  detected_at: string;
  lon: number;
  lat: number;
  status: "open" | "ended" | "retracted";
  confidence: number;
  evidence: Record<string, unknown>;
}

export interface EscortRequest {
  id: string;
  mmsis: string[];
  rendezvous: Position;
  earliest: string;
  latest: string;
  release: Position;
  speed_kn: number;
  risk_value: number;
}

export interface Escort {
  requests: string[];
  mmsis?: string[];
  depart_at: string;
  rendezvous_at: string;
  release_at: string;
  rendezvous_position?: Maybe<Position>;
  release_position?: Maybe<Position>;
  transit_nm: number;
  leg_nm: number;
  risk_value?: Maybe<number>;
  status?: Maybe<string>;
  locked?: Maybe<boolean>;
  decided?: Maybe<Word>;
  why?: Maybe<string>;
}

/** An officer's last word on an escort. */
export interface Word {
  kind: string;
  by: string;
  nation: string;
  reason: string;
  at: string;
}

/** An escort under way: a tasking of its own. */
export interface Running extends Escort {
  id: string;
  tasking: string;
  asset: string;
  name: string;
  nation: Maybe<string>;
  position: Position;
  ended_at?: Maybe<string>;
}

export interface Change {
  at: string;
  kind: "added" | "dropped" | "moved" | "retimed";
  request: string;
  mmsis: string[];
  was: Maybe<{ asset: string; rendezvous_at: string }>;
  now: Maybe<{ asset: string; rendezvous_at: string }>;
  why: string;
}

export interface Alert {
  kind: string;
  tasking: string;
  text: string;
}

export interface Asset {
  id: string;
  name?: Maybe<string>;
  nation?: Maybe<string>;
  class?: Maybe<string>;
  position?: Maybe<Position>;
  base?: Maybe<string>;
}

export interface Tasking {
  id?: Maybe<string>;
  asset: string;
  name?: Maybe<string>;
  nation?: Maybe<string>;
  class?: Maybe<string>;
  position?: Maybe<Position>;
  status?: Maybe<string>;
  why?: Maybe<string>;
  escorts: Escort[];
  returns_at?: Maybe<string>;
}

export interface Unserved {
  request: string;
  mmsis?: string[];
  reason: string;
  detail?: Maybe<string>;
  would_cost?: Maybe<number>;
}

export interface Plan {
  id?: Maybe<number | string>;
  made_at?: Maybe<string>;
  taskings: Tasking[];
  unserved: Unserved[];
  under_way?: Maybe<Running[]>;
  ended?: Maybe<Running[]>;
  recent_changes?: Maybe<Change[]>;
  alerts?: Maybe<Alert[]>;
  pending?: Maybe<number>;
  risk_value: number;
  objective?: Maybe<number>;
  upper_bound?: Maybe<number>;
  gap?: Maybe<number>;
  baselines?: Maybe<Record<string, number>>;
  burden?: Maybe<Record<string, { hours: number; share: number }>>;
  assets?: Maybe<Asset[]>;
}

/** A ship of the live picture. */
export interface Ship {
  mmsi: number;
  lon: number;
  lat: number;
  reportedAt: number;
  sog: number | null;
  cog: number | null;
  heading: number | null;
  shipType: number;
  navStatus: number;
  coercion: number;
  smuggling: number;
  openEvent: boolean;
}

export const mmsiText = (mmsi: number): string => String(mmsi).padStart(9, "0");

/** Index of the higher of a ship's two bands. */
export const bandOf = (ship: Ship): number => Math.max(ship.coercion, ship.smuggling);

export function positionOf(vessel: Vessel): Position | null {
  if (vessel.position) return vessel.position;
  return vessel.lon != null && vessel.lat != null ? [vessel.lon, vessel.lat] : null;
}
