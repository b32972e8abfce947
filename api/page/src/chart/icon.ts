/** Marks drawn from the band paths: images `asset`, `rendezvous`, `release`, and the atlas of all ships. */
import type { Map as MapLibre } from "maplibre-gl";
import { ASSET_PATH, LOOKS } from "../band";
import { bandInk, ink } from "../ink";

const RATIO = 2;
const RING = "M12 4a8 8 0 1 0 .01 0Z";

/** A cell of the atlas for each band, under way and still, then the ring of an open event. */
const CELL_PX = 64;
export const RING_CELL = 2 * LOOKS.length;

/** Sizes on the chart of each band and of the ring, px; outlines stand out by two of 24 parts. */
export const shipSizes = (): number[] => [...LOOKS.map((band) => (band.size * 28) / 24), 28];

export function shipAtlas(): ImageData {
  const canvas = new OffscreenCanvas(CELL_PX * (RING_CELL + 1), CELL_PX);
  const pen = canvas.getContext("2d")!;
  LOOKS.forEach((band, index) => {
    const [fill, line] = band.hollow ? [ink("sea"), bandInk(index)] : [bandInk(index), ink("sea")];
    [band.path, band.still].forEach((path, still) => draw(pen, path, (2 * index + still) * CELL_PX, CELL_PX, fill, line));
  });
  pen.globalAlpha = 0.55;
  draw(pen, RING, RING_CELL * CELL_PX, CELL_PX, null, ink("track"), 1.2);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

export function addIcons(map: MapLibre): void {
  add(map, "asset", ASSET_PATH, 20, ink("escort"), ink("sea"));
  add(map, "rendezvous", RING, 13, ink("sea"), ink("escort"), 5);
  add(map, "release", "M5 5H19V19H5Z", 11, ink("sea"), ink("escort"), 5);
}

function add(map: MapLibre, id: string, path: string, size: number, fill: string, line: string, width?: number): void {
  const pixels = Math.round(size * RATIO);
  const pen = new OffscreenCanvas(pixels, pixels).getContext("2d")!;
  draw(pen, path, 0, pixels, fill, line, width);
  map.addImage(id, pen.getImageData(0, 0, pixels, pixels), { pixelRatio: RATIO });
}

/** One mark into a square: a halo of the sea lies under its fill, any other line above. */
function draw(
  pen: OffscreenCanvasRenderingContext2D, path: string, left: number, pixels: number, fill: string | null, line: string, width = 2.4,
): void {
  const shape = new Path2D(path);
  pen.save();
  pen.translate(left, 0);
  pen.scale(pixels / 28, pixels / 28);
  pen.translate(2, 2);
  pen.lineJoin = "round";
  pen.lineWidth = width;
  pen.strokeStyle = line;
  if (line === ink("sea")) pen.stroke(shape);
  if (fill) {
    pen.fillStyle = fill;
    pen.fill(shape);
  }
  if (line !== ink("sea")) pen.stroke(shape);
  pen.restore();
}
