/** Web Mercator: the whole world is the unit square, north-west corner at 0, 0. */
import type { Position } from "../model";

const RAD = Math.PI / 180;
export const TILE_PX = 512;

export const toWorld = ([lon, lat]: Position): Position => [
  (lon + 180) / 360,
  0.5 - Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, lat)) * RAD) / 2)) / (2 * Math.PI),
];

export const fromWorld = ([x, y]: Position): Position => [
  x * 360 - 180,
  (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RAD,
];

/** A path in world units of every line and ring of a geometry. */
export function worldPath(shape: GeoJSON.GeoJSON): Path2D {
  const path = new Path2D();
  for (const line of lines(shape)) {
    line.forEach((position, i) => {
      const [x, y] = toWorld(position as Position);
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    });
  }
  return path;
}

function lines(shape: GeoJSON.GeoJSON): GeoJSON.Position[][] {
  switch (shape.type) {
    case "FeatureCollection": return shape.features.flatMap(lines);
    case "Feature": return shape.geometry ? lines(shape.geometry) : [];
    case "GeometryCollection": return shape.geometries.flatMap(lines);
    case "MultiPolygon": return shape.coordinates.flat();
    case "Polygon":
    case "MultiLineString": return shape.coordinates;
    case "LineString": return [shape.coordinates];
    default: return [];
  }
}
