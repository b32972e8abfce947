/** Numbers, times and AIS codes as an officer reads them: UTC, nautical miles, knots. */
import type { Position } from "./model";
import { t } from "./words/words";

export const DASH = "–";

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** `14:05Z`, with the day where it is not today's. */
export function clock(iso: string | null | undefined, now = Date.now()): string {
  if (!iso) return DASH;
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return DASH;
  const time = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}Z`;
  const sameDay = at.toISOString().slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return sameDay ? time : `${pad(at.getUTCDate())} ${month(at)} ${time}`;
}

const month = (at: Date) => at.toLocaleString(t.locale, { month: "short", timeZone: "UTC" });

/** `23 Nov 2026 14:05:09Z`. */
export function fullClock(ms: number): string {
  const at = new Date(ms);
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map((n) => pad(n)).join(":");
  return `${pad(at.getUTCDate())} ${month(at)} ${at.getUTCFullYear()} ${time}Z`;
}

/** `4 s`, `12 min`, `3 h`, `2 d`. */
export function age(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

/** A probability in per cent, two significant digits: `2.6%`, `0.031%`. */
export function percent(p: number | null | undefined): string {
  if (p == null || Number.isNaN(p)) return DASH;
  if (p === 0) return "0%";
  const value = p * 100;
  if (Math.abs(value) < 0.0005) return value > 0 ? "<0.001%" : "0%";
  return `${trim(value)}%`;
}

/** Two significant digits without an exponent; whole from 10 up. */
export function trim(value: number): string {
  const size = Math.abs(value);
  if (size >= 10 || size === 0) return value.toFixed(0);
  if (size >= 1) return value.toFixed(1);
  return value.toFixed(Math.min(6, 1 - Math.floor(Math.log10(size))));
}

export function quantity(value: number | null | undefined, unit: string, digits = 1): string {
  return value == null || Number.isNaN(value) ? DASH : `${value.toFixed(digits)} ${unit}`;
}

export const bearing = (deg: number | null | undefined): string =>
  deg == null || Number.isNaN(deg) ? DASH : `${pad(Math.round(deg) % 360, 3)}°`;

export const POSITION_FORMS = ["dmm", "dms", "dd"] as const;
export type PositionForm = (typeof POSITION_FORMS)[number];
let form: PositionForm = "dmm";

export function writePositionsAs(chosen: PositionForm): void {
  form = chosen;
}

/** A position as the officer has chosen: `08°12.4′N 079°30.1′W`, `08°12′24″N …` or `8.20667, -79.50167`. */
export function coordinates([lon, lat]: Position): string {
  if (form === "dd") return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  const side = form === "dms" ? dms : dmm;
  return `${side(lat, 2)}${lat < 0 ? "S" : "N"} ${side(lon, 3)}${lon < 0 ? "W" : "E"}`;
}

function dmm(value: number, width: number): string {
  const tenths = Math.round(Math.abs(value) * 600);
  return `${pad(Math.floor(tenths / 600), width)}°${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}′`;
}

function dms(value: number, width: number): string {
  const seconds = Math.round(Math.abs(value) * 3600);
  return `${pad(Math.floor(seconds / 3600), width)}°${pad(Math.floor(seconds / 60) % 60)}′${pad(seconds % 60)}″`;
}

const regions = new Map<string, Intl.DisplayNames>();

export function country(code: string | null | undefined): string {
  if (!code) return DASH;
  if (!/^[A-Z]{2}$/.test(code)) return code;
  let names = regions.get(t.locale);
  if (!names) regions.set(t.locale, (names = new Intl.DisplayNames([t.locale], { type: "region", fallback: "code" })));
  return names.of(code) ?? code;
}

/** ITU-R M.1371-5 table 53, the first digit's class where the number has no name of its own. */
export function shipType(code: number | string | null | undefined): string {
  if (typeof code === "string") return words(code);
  if (code == null || code === 0) return DASH;
  return t.format.types[code] ?? t.format.classes[Math.floor(code / 10)] ?? t.format.unknownType(code);
}

/** ITU-R M.1371-5 table 45. */
export function navStatus(code: number | string | null | undefined): string {
  if (typeof code === "string") return words(code);
  return code == null ? DASH : (t.format.navStatus[code] ?? DASH);
}

/** `zone_entry` -> `Zone entry`. */
export function words(code: string): string {
  const text = code.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const UNITS: Record<string, string> = {
  nm: "nm", kn: "kn", m: "m", deg: "°", s: "s", h: "h", min: "min", km: "km", nm2: "nm²",
};

/** `distance_nm: 0.31` -> `["Distance", "0.31 nm"]`; the unit is in the field's name. */
export function evidence(name: string, value: unknown): [string, string] | null {
  if (value == null || typeof value === "object") return null;
  const parts = name.split("_");
  const unit = parts.length > 1 ? UNITS[parts.at(-1)!] : undefined;
  const field = unit ? parts.slice(0, -1).join("_") : name;
  const shown = typeof value === "number" ? String(Number(value.toPrecision(4))) : told(field, value);
  return [t.event.evidence[field] ?? words(field), unit ? `${shown}${unit === "°" ? "" : " "}${unit}` : shown];
}

function told(field: string, value: unknown): string {
  if (typeof value === "boolean") return value ? t.event.yes : t.event.no;
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return clock(text);
  return t.event.evidence[field === "where" && text === "port" ? "in_port" : STATES.has(text) ? text : ""] ?? text;
}

/** Values that are words of ours, and not names. */
const STATES = new Set(["silent", "resumed", "returned", "stayed", "anchorage", "open_sea"]);
