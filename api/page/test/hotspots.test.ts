import { expect, test } from "vitest";
import { places, withHeat } from "../src/chart/hotspot_layer";

const feature = (properties: object): GeoJSON.Feature =>
  ({ type: "Feature", geometry: { type: "Polygon", coordinates: [] }, properties }) as GeoJSON.Feature;

const served: GeoJSON.FeatureCollection = {
  type: "FeatureCollection",
  features: [
    feature({ kind: "anchorage", rank: 1, name: "anchorage off Guanta", patrol: 1 }),
    feature({ kind: "lane", rank: 2, name: "lane 19 nm off Guayaquil", patrol: null }),
    feature({ kind: "cell", rank: 1, incidents_per_year: 3 }),
    feature({ kind: "cell", rank: 2, incidents_per_year: 1 }),
  ],
};

test("places are labelled with rank, name and patrol", () => {
  expect(places(served).features.map((place) => place.properties!.label))
    .toEqual(["1. anchorage off Guanta, patrol 1", "2. lane 19 nm off Guayaquil"]);
});

test("only cells are heated, the hottest most", () => {
  expect(withHeat(served).features.map((cell) => cell.properties!.heat)).toEqual([1, 0]);
});
