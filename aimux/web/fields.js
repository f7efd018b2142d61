// Forms over settings: a field is [key, label, kind, {options, help, needed, placeholder}].
//
// A form knows what the settings are and what was typed; only what differs becomes an edit.

import { html, useId } from "./html.js";
import { problemWords, problemsOf } from "./change.js";

/** All fields of a form; `prefix` is the dotted key that they stand below, for the problems. */
export const Fields = ({ fields, values, onChange, problems = [], prefix = "" }) => html`
  <div class="fields">
    ${fields.map(([key, label, kind, more = {}]) => html`
      <${Field} key=${key} label=${label} kind=${kind} ...${more} value=${values[key]}
        problems=${problemsOf(problems, prefix ? `${prefix}.${key}` : key)}
        onChange=${(value) => onChange({ ...values, [key]: value })} />
    `)}
  </div>
`;

export function Field({ label, kind, value, onChange, options, none = "any", help, needed = false, placeholder, problems = [] }) {
  const id = useId();
  const shown = value ?? (kind === "check" ? false : "");
  const aria = {
    id,
    "aria-invalid": problems.length ? "true" : null,
    "aria-describedby": problems.length || help ? `${id}-words` : null,
    required: needed,
  };
  const below = html`
    <span id=${`${id}-words`} class="below">
      ${problems.map((each) => html`<span class="problem">${problemWords(each)}</span>`)}
      ${help && html`<span class="soft help">${help}</span>`}
    </span>
  `;
  if (kind === "check") {
    return html`
      <div class="field"><label class="check" for=${id}><input type="checkbox" ...${aria} checked=${Boolean(shown)}
        onChange=${(event) => onChange(event.target.checked)} />${label}</label>${below}</div>`;
  }
  const input = (event) => onChange(event.target.value);
  const text = Array.isArray(shown) ? shown.join("\n") : kind === "flag" ? flagWord(shown) : String(shown);
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${(kind === "select" || kind === "flag") && html`<select ...${aria} value=${text} onChange=${input}>
        ${options.map((each) => html`<option key=${each} value=${each}>${each || none}</option>`)}</select>`}
      ${kind === "list" && html`<textarea ...${aria} rows=${Math.min(12, text.split("\n").length)}
        spellcheck=${false} onInput=${input}>${text}</textarea>`}
      ${(kind === "text" || kind === "number") && html`<input ...${aria} type="text"
        inputmode=${kind === "number" ? "decimal" : null} value=${text} placeholder=${placeholder} spellcheck=${false} autocomplete="off" onInput=${input} />`}
      ${below}
    </div>
  `;
}

/** What of the values differs from what holds, each as its kind wants it; null is to be taken out. */
export function edited(fields, held, values) {
  const changes = {};
  for (const [key, , kind] of fields) {
    if (!(key in values)) continue;
    const value = meant(kind, values[key]);
    if (JSON.stringify(value) !== JSON.stringify(held[key] ?? null)) changes[key] = value;
  }
  return changes;
}

const flagWord = (value) => (value === true ? "yes" : value === false ? "no" : value);

function meant(kind, value) {
  if (kind === "flag") return { yes: true, no: false }[value] ?? null;
  if (kind === "check") return Boolean(value);
  if (kind === "list") return Array.isArray(value) ? value : list(value);
  const text = String(value ?? "").trim();
  if (text === "") return null;
  if (kind !== "number") return text;
  const number = Number(text.replaceAll("_", ""));
  return Number.isNaN(number) ? text : number; // what is no number is refused by the one who knows
}

function list(text) {
  const items = String(text).split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
  return items.length ? items : null;
}
