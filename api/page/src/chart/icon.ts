/** Chart images drawn from the band paths: `ship-2`, `ship-2-still`, `asset`, `rendezvous`, `release`. */
import type { Map as MapLibre } from "maplibre-gl";
import { ASSET_PATH, LOOKS } from "../band";
import { bandInk, ink } from "../ink";

const RATIO = 2;

export function addIcons(map: MapLibre): void {
  LOOKS.forEach((band, index) => {
    const [fill, line] = band.hollow ? [ink("sea"), bandInk(index)] : [bandInk(index), ink("sea")];
    add(map, `ship-${index}`, band.path, band.size, fill, line);
    add(map, `ship-${index}-still`, band.still, band.size, fill, line);
  });
  add(map, "asset", ASSET_PATH, 20, ink("escort"), ink("sea"));
  add(map, "rendezvous", "M12 4a8 8 0 1 0 .01 0Z", 13, ink("sea"), ink("escort"), 5);
  add(map, "release", "M5 5H19V19H5Z", 11, ink("sea"), ink("escort"), 5);
}

function add(map: MapLibre, id: string, path: string, size: number, fill: string, line: string, width = 2.4): void {
  const pixels = Math.round(size * RATIO);
  const canvas = new OffscreenCanvas(pixels, pixels);
  const pen = canvas.getContext("2d")!;
  pen.scale(pixels / 28, pixels / 28);
  pen.translate(2, 2);
  pen.lineJoin = "round";
  const shape = new Path2D(path);
  pen.lineWidth = width;
  pen.strokeStyle = line;
  pen.fillStyle = fill;
  if (line === ink("sea")) pen.stroke(shape);
  pen.fill(shape);
  if (line !== ink("sea")) pen.stroke(shape);
  map.addImage(id, pen.getImageData(0, 0, pixels, pixels), { pixelRatio: RATIO });
}
