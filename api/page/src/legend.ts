/** Over the chart: switches for layers, and what the marks mean. */
import { html, svg, type TemplateResult } from "lit-html";
import { ASSET_PATH, LOOKS, mark } from "./band";
import { LAYERS, type Layer } from "./chart/surface";
import { t } from "./words/words";

export interface LegendActions {
  toggle(layer: Layer): void;
  replay(): void;
}

export function legend(visible: ReadonlySet<Layer>, replaying: boolean, { toggle, replay }: LegendActions, vectorMinutes: number): TemplateResult {
  return html`
    <div class="switches" role="group" aria-label=${t.chart.layers}>
      ${LAYERS.map((layer) => html`<button type="button" aria-pressed=${visible.has(layer)} @click=${() => toggle(layer)}>${t.chart.layer[layer]}</button>`)}
      <button type="button" aria-pressed=${replaying} @click=${replay}>${t.replay.title}</button>
    </div>
    <details class="key" ?open=${innerWidth >= 1400}><summary>${t.chart.legend}</summary>
      ${[...LOOKS.keys()].reverse().map((band) => html`<span>${mark(band, 13)}${t.bands[band]}</span>`)}
      <span class="patrol">${svg`<svg viewBox="0 0 24 24" width="13" height="13" aria-hidden="true"><path d=${ASSET_PATH}></path></svg>`}${t.chart.patrol}</span>
      <small>${t.chart.vectors(vectorMinutes < 60 ? `${vectorMinutes} min` : `${vectorMinutes / 60} h`)}</small>
    </details>`;
}
