/** Over the chart: switches for layers, and what the marks mean. */
import { html, svg, type TemplateResult } from "lit-html";
import { ASSET_PATH, LOOKS, mark } from "./band";
import type { Layer } from "./chart/surface";

export const SWITCHES: readonly [Layer, string][] = [
  ["escorts", "Escorts"], ["hotspots", "Hot spots"], ["vectors", "Vectors"], ["names", "Names"],
];

export function legend(visible: ReadonlySet<Layer>, toggle: (layer: Layer) => void, vectorMinutes: number): TemplateResult {
  return html`
    <div class="switches" role="group" aria-label="Chart layers">
      ${SWITCHES.map(([layer, label]) => html`<button type="button" aria-pressed=${visible.has(layer)} @click=${() => toggle(layer)}>${label}</button>`)}
    </div>
    <details class="key" ?open=${innerWidth >= 1400}><summary>Legend</summary>
      ${[...LOOKS.keys()].reverse().map((band) => html`<span>${mark(band, 13)}${LOOKS[band]!.label}</span>`)}
      <span class="patrol">${svg`<svg viewBox="0 0 24 24" width="13" height="13" aria-hidden="true"><path d=${ASSET_PATH}></path></svg>`}Patrol vessel</span>
      <small>Vectors: ${vectorMinutes < 60 ? `${vectorMinutes} min` : `${vectorMinutes / 60} h`}. Escort lines are straight; times follow the sea lanes.</small>
    </details>`;
}
