/** Main ports of the hemisphere for orientation on the chart; harbour positions rounded to 0.05 degree. */
import { distanceNm, initialBearing } from "./geodesy";
import type { Position } from "./model";
import { t } from "./words/words";

/** Name, longitude, latitude, rank (1 is labelled first). */
export const PORTS: readonly [string, number, number, 1 | 2][] = [
  ["Vancouver", -123.1, 49.3, 1], ["Seattle", -122.35, 47.6, 2], ["Oakland", -122.3, 37.8, 2],
  ["Los Angeles", -118.25, 33.75, 1], ["San Diego", -117.15, 32.7, 2], ["Ensenada", -116.6, 31.85, 2],
  ["Mazatlán", -106.4, 23.2, 2], ["Manzanillo MX", -104.3, 19.05, 1], ["Lázaro Cárdenas", -102.2, 17.95, 2],
  ["Acapulco", -99.9, 16.85, 2], ["Salina Cruz", -95.2, 16.15, 2], ["Puerto Quetzal", -90.8, 13.9, 2],
  ["Acajutla", -89.85, 13.55, 2], ["Corinto", -87.2, 12.5, 2], ["Caldera", -84.7, 9.9, 2],
  ["Balboa", -79.55, 8.95, 1], ["Colón", -79.9, 9.35, 2], ["Buenaventura", -77.1, 3.9, 1],
  ["Tumaco", -78.75, 1.85, 2], ["Esmeraldas", -79.65, 1, 2], ["Manta", -80.7, -0.95, 2],
  ["Guayaquil", -79.9, -2.3, 1], ["Paita", -81.1, -5.1, 2], ["Callao", -77.15, -12.05, 1],
  ["Matarani", -72.1, -17, 2], ["Arica", -70.3, -18.5, 2], ["Antofagasta", -70.4, -23.65, 2],
  ["Valparaíso", -71.6, -33.05, 1], ["San Antonio", -71.6, -33.6, 2], ["Punta Arenas", -70.9, -53.15, 2],
  ["Buenos Aires", -58.35, -34.6, 1], ["Montevideo", -56.2, -34.9, 2], ["Rio Grande", -52.1, -32.05, 2],
  ["Santos", -46.3, -23.95, 1], ["Rio de Janeiro", -43.2, -22.9, 2], ["Salvador", -38.5, -12.95, 2],
  ["Recife", -34.85, -8.05, 2], ["Fortaleza", -38.5, -3.7, 2], ["Belém", -48.5, -1.45, 2],
  ["Paramaribo", -55.15, 5.85, 2], ["Georgetown", -58.15, 6.8, 2], ["Port of Spain", -61.5, 10.65, 2],
  ["La Guaira", -66.95, 10.6, 2], ["Maracaibo", -71.6, 10.65, 2], ["Willemstad", -68.95, 12.1, 2],
  ["Barranquilla", -74.75, 11, 2], ["Cartagena", -75.55, 10.4, 1], ["Puerto Limón", -83.05, 10, 2],
  ["Puerto Cortés", -87.95, 15.85, 2], ["Kingston", -76.8, 17.95, 1], ["Port-au-Prince", -72.35, 18.55, 2],
  ["Caucedo", -69.65, 18.4, 2], ["San Juan", -66.1, 18.45, 1], ["Bridgetown", -59.65, 13.1, 2],
  ["Havana", -82.35, 23.15, 2], ["Nassau", -77.35, 25.1, 2], ["Freeport", -78.75, 26.5, 2],
  ["Veracruz", -96.1, 19.2, 1], ["Altamira", -97.85, 22.45, 2], ["Progreso", -89.65, 21.3, 2],
  ["Houston", -95, 29.65, 1], ["New Orleans", -90.05, 29.95, 2], ["Tampa", -82.45, 27.9, 2],
  ["Key West", -81.8, 24.55, 2], ["Miami", -80.15, 25.8, 1], ["Savannah", -81.1, 32.1, 2],
  ["Norfolk", -76.3, 36.9, 1], ["New York", -74.05, 40.65, 1], ["Halifax", -63.55, 44.65, 2],
  ["Montréal", -73.55, 45.55, 2], ["St. John's", -52.7, 47.55, 2],
];

const NEAR_NM = 400;

/** `62 nm SW of Buenaventura`, or null far from every port listed. */
export function place(position: Position): string | null {
  let best: (typeof PORTS)[number] | null = null;
  let nearest = NEAR_NM;
  for (const port of PORTS) {
    const distance = distanceNm([port[1], port[2]], position);
    if (distance < nearest) [best, nearest] = [port, distance];
  }
  if (!best) return null;
  if (nearest < 5) return t.near.off(best[0]);
  const sector = Math.round(initialBearing([best[1], best[2]], position) / 45) % 8;
  return t.near.from(Math.round(nearest), t.near.points[sector]!, best[0]);
}
