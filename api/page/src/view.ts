/** The view in the URL's hash: `#map=5.2/-79.5/3.1&ship=370123456`. */

export interface View {
  zoom: number;
  lon: number;
  lat: number;
  ship: number | null;
}

/** The eastern Pacific from Mexico to Peru, with the Caribbean. */
const HOME: View = { zoom: 4.1, lon: -84, lat: 8, ship: null };

export function parseView(hash: string): View {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [zoom, lon, lat] = (fields.get("map") ?? "").split("/").map(Number);
  const ship = Number(fields.get("ship"));
  const sound = [zoom, lon, lat].every((n) => n !== undefined && Number.isFinite(n)) && Math.abs(lat!) < 86;
  return {
    ...(sound ? { zoom: zoom!, lon: lon!, lat: lat! } : { zoom: HOME.zoom, lon: HOME.lon, lat: HOME.lat }),
    ship: Number.isInteger(ship) && ship > 0 ? ship : null,
  };
}

export function formatView({ zoom, lon, lat, ship }: View): string {
  const map = `#map=${zoom.toFixed(2)}/${lon.toFixed(3)}/${lat.toFixed(3)}`;
  return ship === null ? map : `${map}&ship=${String(ship).padStart(9, "0")}`;
}
