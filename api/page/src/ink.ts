/** The palette's colours for the chart, which cannot read CSS by itself: custom property -> colour. */
const NAMES = [
  "sea", "land", "shore", "border", "grid", "port", "name", "track", "ring", "place", "place-name", "escort",
  "heat-0", "heat-1", "heat-2", "heat-3", "band-0", "band-1", "band-2", "band-3", "band-4",
] as const;
type Name = (typeof NAMES)[number];

/** In the order of the day. */
export const PALETTES = ["day", "dusk", "night"] as const;
export type Palette = (typeof PALETTES)[number];

const colours = new Map<Name, string>();

/** Dresses the page; a chart that is open keeps its old colours until it is opened anew. */
export function dress(palette: Palette): void {
  document.documentElement.dataset.palette = palette;
  const style = getComputedStyle(document.documentElement);
  for (const name of NAMES) colours.set(name, style.getPropertyValue(`--${name}`).trim());
}

export const ink = (name: Name): string => colours.get(name) ?? "#888888";
export const bandInk = (band: number): string => ink(`band-${Math.min(4, Math.max(0, band))}` as Name);
