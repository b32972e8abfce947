/** The offline base chart: Natural Earth land and borders, graticule, ports. No other origin. */
import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlasUrl from "world-atlas/countries-50m.json?url";
import { ink } from "../ink";
import { PORTS } from "../port";

export const FONT = ["Inter, Segoe UI, Roboto, Helvetica Neue, Liberation Sans, Arial, sans-serif"];

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

export const geojson = (data: GeoJSON.GeoJSON): SourceSpecification => ({ type: "geojson", data });

/** Land and inner borders of the packaged atlas. */
export async function land(): Promise<{ land: GeoJSON.GeoJSON; borders: GeoJSON.GeoJSON }> {
  const atlas = (await (await fetch(atlasUrl)).json()) as Atlas;
  return {
    land: feature(atlas, atlas.objects.land),
    borders: mesh(atlas, atlas.objects.countries, (a, b) => a !== b),
  };
}

function graticule(stepDeg: number): GeoJSON.MultiLineString {
  const coordinates: number[][][] = [];
  for (let lon = -180; lon <= 180; lon += stepDeg) coordinates.push([[lon, -80], [lon, 80]]);
  for (let lat = -80; lat <= 80; lat += stepDeg) coordinates.push([[-180, lat], [180, lat]]);
  return { type: "MultiLineString", coordinates };
}

const ports = (): GeoJSON.FeatureCollection => ({
  type: "FeatureCollection",
  features: PORTS.map(([name, lon, lat, rank]) => ({
    type: "Feature",
    properties: { name, rank },
    geometry: { type: "Point", coordinates: [lon, lat] },
  })),
});

const grid = (): LayerSpecification[] => [
  { id: "grid-10", type: "line", source: "grid-10", paint: { "line-color": ink("grid"), "line-width": 1 } },
  { id: "grid-1", type: "line", source: "grid-1", minzoom: 6.5, paint: { "line-color": ink("grid"), "line-width": 0.6 } },
];

const coast = (): LayerSpecification[] => [
  { id: "land", type: "fill", source: "land", paint: { "fill-color": ink("land"), "fill-antialias": false } },
  { id: "shore", type: "line", source: "land", paint: { "line-color": ink("shore"), "line-width": 0.9 } },
  { id: "borders", type: "line", source: "borders", paint: { "line-color": ink("border"), "line-width": 0.8, "line-dasharray": [3, 2] } },
];

const portLayers = (): LayerSpecification[] => [
  { id: "port-dot", type: "circle", source: "ports", minzoom: 3.4,
    filter: ["any", ["==", ["get", "rank"], 1], [">=", ["zoom"], 5.2]],
    paint: { "circle-radius": 2, "circle-color": ink("port"), "circle-opacity": 0.8 } },
  { id: "port-name", type: "symbol", source: "ports", minzoom: 3.4,
    filter: ["any", ["==", ["get", "rank"], 1], [">=", ["zoom"], 5.2]],
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-padding": 6,
      "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.5,
      "symbol-sort-key": ["get", "rank"],
    },
    paint: { "text-color": ink("port"), "text-halo-color": ink("sea"), "text-halo-width": 1.2 } },
];

/** Sea, grid, land and ports; ships and plans are added above. */
export async function baseStyle(): Promise<StyleSpecification> {
  const world = await land();
  return {
    version: 8,
    sources: {
      "grid-10": geojson(graticule(10)),
      "grid-1": geojson(graticule(1)),
      land: geojson(world.land),
      borders: geojson(world.borders),
      ports: geojson(ports()),
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": ink("sea") } },
      ...grid(), ...coast(), ...portLayers(),
    ],
  };
}
