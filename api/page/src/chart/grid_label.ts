/** Degrees along the left and lower edge of the chart, redrawn as it moves. */
import type { Map as MapLibre } from "maplibre-gl";

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.25];
const APART_PX = 90;
/** Room for the scale bar in the lower right corner. */
const SCALE_PX = 240;

export function labelGrid(map: MapLibre): void {
  const layer = document.createElement("div");
  layer.className = "grid-labels";
  layer.setAttribute("aria-hidden", "true");
  map.getContainer().append(layer);
  const draw = () => layer.replaceChildren(...edge(map, "lon"), ...edge(map, "lat"));
  map.on("move", draw);
  map.on("resize", draw);
  draw();
}

function edge(map: MapLibre, axis: "lon" | "lat"): HTMLElement[] {
  const bounds = map.getBounds();
  const [from, to] = axis === "lon" ? [bounds.getWest(), bounds.getEast()] : [bounds.getSouth(), bounds.getNorth()];
  const box = map.getContainer();
  const pixels = axis === "lon" ? box.clientWidth : box.clientHeight;
  const step = STEPS.findLast((s) => (pixels / (to - from)) * s >= APART_PX) ?? 30;
  const labels: HTMLElement[] = [];
  for (let value = Math.ceil(from / step) * step; value <= to; value += step) {
    const at = map.project(axis === "lon" ? [value, bounds.getSouth()] : [bounds.getWest(), value]);
    const along = axis === "lon" ? at.x : at.y;
    if (along < 30 || along > pixels - (axis === "lon" ? SCALE_PX : 40)) continue;
    const label = document.createElement("span");
    label.className = axis;
    label.textContent = degrees(axis === "lon" ? ((value + 540) % 360) - 180 : value, axis);
    label.style.setProperty(axis === "lon" ? "left" : "top", `${along}px`);
    labels.push(label);
  }
  return labels;
}

function degrees(value: number, axis: "lon" | "lat"): string {
  const rounded = Math.round(value * 100) / 100;
  if (rounded === 0) return "0°";
  const side = axis === "lon" ? (rounded < 0 ? "W" : "E") : rounded < 0 ? "S" : "N";
  const whole = Math.trunc(Math.abs(rounded));
  const minutes = Math.round((Math.abs(rounded) - whole) * 60);
  return `${whole}°${minutes ? `${String(minutes).padStart(2, "0")}′` : ""}${side}`;
}
