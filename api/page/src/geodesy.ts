/** Distances on the sphere, good enough for drawing; what decides is computed by the service. */
import type { Position } from "./model";

const RADIUS_NM = 3440.065;
const RAD = Math.PI / 180;

export function distanceNm([lonA, latA]: Position, [lonB, latB]: Position): number {
  const dLat = (latB - latA) * RAD;
  const dLon = (lonB - lonA) * RAD;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(latA * RAD) * Math.cos(latB * RAD) * Math.sin(dLon / 2) ** 2;
  return 2 * RADIUS_NM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Degrees true, 0 to 360. */
export function initialBearing([lonA, latA]: Position, [lonB, latB]: Position): number {
  const dLon = (lonB - lonA) * RAD;
  const y = Math.sin(dLon) * Math.cos(latB * RAD);
  const x = Math.cos(latA * RAD) * Math.sin(latB * RAD) - Math.sin(latA * RAD) * Math.cos(latB * RAD) * Math.cos(dLon);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}

/** Where a ship is after `distance` nm on a steady course; longitude may pass 180 so lines stay whole. */
export function ahead([lon, lat]: Position, courseDeg: number, distance: number): Position {
  const dLat = (distance / 60) * Math.cos(courseDeg * RAD);
  const dLon = ((distance / 60) * Math.sin(courseDeg * RAD)) / Math.max(0.05, Math.cos((lat + dLat / 2) * RAD));
  return [lon + dLon, lat + dLat];
}
