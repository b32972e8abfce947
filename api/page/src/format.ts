/** Numbers, times and AIS codes as an officer reads them: UTC, nautical miles, knots. */
import type { Position } from "./model";

export const DASH = "–";

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** `14:05Z`, with the day where it is not today's. */
export function clock(iso: string | null | undefined, now = Date.now()): string {
  if (!iso) return DASH;
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return DASH;
  const time = `${pad(t.getUTCHours())}:${pad(t.getUTCMinutes())}Z`;
  const sameDay = t.toISOString().slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return sameDay ? time : `${pad(t.getUTCDate())} ${month(t)} ${time}`;
}

const month = (t: Date) => t.toLocaleString("en", { month: "short", timeZone: "UTC" });

/** `23 Nov 2026 14:05:09Z`. */
export function fullClock(ms: number): string {
  const t = new Date(ms);
  const time = [t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()].map((n) => pad(n)).join(":");
  return `${pad(t.getUTCDate())} ${month(t)} ${t.getUTCFullYear()} ${time}Z`;
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

/** Degrees and decimal minutes, `08°12.4′N 079°30.1′W`. */
export function degreesMinutes([lon, lat]: Position): string {
  return `${dm(lat, 2, "N", "S")} ${dm(lon, 3, "E", "W")}`;
}

function dm(value: number, width: number, plus: string, minus: string): string {
  const tenths = Math.round(Math.abs(value) * 600);
  const minutes = (tenths % 600) / 10;
  return `${pad(Math.floor(tenths / 600), width)}°${minutes.toFixed(1).padStart(4, "0")}′${value < 0 ? minus : plus}`;
}

const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

export function country(code: string | null | undefined): string {
  if (!code) return DASH;
  return /^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : code;
}

/** ITU-R M.1371-5 table 53, the first digit's class where the number has no name of its own. */
export function shipType(code: number | string | null | undefined): string {
  if (typeof code === "string") return words(code);
  if (code == null || code === 0) return DASH;
  const named: Record<number, string> = {
    30: "Fishing", 31: "Towing", 32: "Towing, large", 33: "Dredger", 34: "Diving", 35: "Military",
    36: "Sailing", 37: "Pleasure craft", 50: "Pilot", 51: "Search and rescue", 52: "Tug",
    53: "Port tender", 54: "Anti-pollution", 55: "Law enforcement", 58: "Medical", 59: "Non-combatant",
  };
  const classes: Record<number, string> = {
    2: "Wing in ground", 4: "High-speed craft", 6: "Passenger", 7: "Cargo", 8: "Tanker", 9: "Other",
  };
  return named[code] ?? classes[Math.floor(code / 10)] ?? `Type ${code}`;
}

/** ITU-R M.1371-5 table 45. */
const NAV_STATUS = [
  "Under way using engine", "At anchor", "Not under command", "Restricted manoeuvrability",
  "Constrained by draught", "Moored", "Aground", "Engaged in fishing", "Under way sailing",
  "Reserved", "Reserved", "Towing astern", "Pushing ahead", "Reserved", "AIS-SART active",
];

export function navStatus(code: number | string | null | undefined): string {
  if (typeof code === "string") return words(code);
  return code == null ? DASH : (NAV_STATUS[code] ?? DASH);
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
  const label = words(unit ? parts.slice(0, -1).join("_") : name);
  const shown = typeof value === "number" ? String(Number(value.toPrecision(4))) : isoAsClock(String(value));
  return [label, unit ? `${shown}${unit === "°" ? "" : " "}${unit}` : shown];
}

const isoAsClock = (text: string) => (/^\d{4}-\d\d-\d\dT/.test(text) ? clock(text) : text);
