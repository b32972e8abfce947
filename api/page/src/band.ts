/** How each band looks: one path for chart, list and legend alike; its colour is the palette's. */
import { svg, type TemplateResult } from "lit-html";

export interface BandLook {
  /** Outline in a 24 x 24 box, bow up; tells bands apart without colour. */
  path: string;
  /** Shape where neither heading nor course is known. */
  still: string;
  hollow: boolean;
  /** Size on the chart, px. */
  size: number;
}

const TRIANGLE = "M12 3 18.5 21 12 17.5 5.5 21Z";
const DOT = "M12 7a5 5 0 1 0 .01 0Z";

export const LOOKS: readonly BandLook[] = [
  { path: TRIANGLE, still: DOT, hollow: true, size: 13 },
  { path: TRIANGLE, still: DOT, hollow: false, size: 14 },
  { path: "M12 1 19 13 12 23 5 13Z", still: "M12 4 20 12 12 20 4 12Z", hollow: false, size: 18 },
  { path: "M12 1 20 9V22H4V9Z", still: "M4 4H20V20H4Z", hollow: false, size: 19 },
  { path: "M12 0 15.5 7 23 6.5 19 13 22.5 20 15 19 12 24 9 19 1.5 20 5 13 1 6.5 8.5 7Z", still: "M12 0 15.5 7 23 6.5 19 13 22.5 20 15 19 12 24 9 19 1.5 20 5 13 1 6.5 8.5 7Z", hollow: false, size: 24 },
];

/** A patrol vessel: a shield with a bow. */
export const ASSET_PATH = "M12 1 21 5V12C21 18 17 21.5 12 23 7 21.5 3 18 3 12V5Z";

export const look = (band: number): BandLook => LOOKS[band] ?? LOOKS[0]!;

/** The band's mark as inline SVG, decorative: the label stands beside it. */
export function mark(band: number, size = 16): TemplateResult {
  const { path, hollow } = look(band);
  return svg`<svg class="mark band-${band} ${hollow ? "hollow" : ""}" viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true">
    <path d=${path} stroke-width="2" stroke-linejoin="round"></path></svg>`;
}
