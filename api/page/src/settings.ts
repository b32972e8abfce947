/** What an officer has chosen, kept in this browser. */
import { html, type TemplateResult } from "lit-html";
import { POSITION_FORMS, type PositionForm } from "./format";
import { PALETTES, type Palette } from "./ink";
import { LANGUAGE_NAMES, LANGUAGES, preferred, t, type Language } from "./words/words";

export interface Settings {
  language: Language;
  palette: Palette;
  positions: PositionForm;
}

const KEY = "safepassage";

/** As kept, else by the browser's languages, at dusk. */
export function loadSettings(): Settings {
  const kept = read();
  return {
    language: one(kept.language, Object.keys(LANGUAGES) as Language[]) ?? preferred(navigator.languages),
    palette: one(kept.palette, PALETTES) ?? "dusk",
    positions: one(kept.positions, POSITION_FORMS) ?? "dmm",
  };
}

const one = <T>(value: unknown, choices: readonly T[]): T | undefined => choices.find((choice) => choice === value);

function read(): Record<string, unknown> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {}) as Record<string, unknown>;
  } catch {
    return {}; // storage may be forbidden, or hold what another page left
  }
}

export function keepSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // they last for as long as the page is open
  }
}

export function settingsSheet(settings: Settings, change: (settings: Settings) => void): TemplateResult {
  const choice = <T extends string>(label: string, field: keyof Settings, values: readonly T[], names: Record<T, string>) => html`
    <label for="set-${field}">${label}</label>
    <select id="set-${field}" @change=${(event: Event) => change({ ...settings, [field]: (event.target as HTMLSelectElement).value })}>
      ${values.map((value) => html`<option value=${value} ?selected=${settings[field] === value}>${names[value]}</option>`)}
    </select>`;
  return html`<h2 id="sheet-title">${t.settings.title}</h2>
    <div class="sheet">
      ${choice(t.settings.language, "language", Object.keys(LANGUAGES) as Language[], LANGUAGE_NAMES)}
      ${choice(t.settings.palette, "palette", PALETTES, t.settings.palettes)}
      ${choice(t.settings.positions, "positions", POSITION_FORMS, t.settings.forms)}
    </div>
    <p class="quiet">${t.settings.kept}</p>`;
}
