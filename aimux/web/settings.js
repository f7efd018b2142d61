// Settings as the schema describes them: which fields there are, what holds, and a form over them.

import { Problems, keyOf, problemsOf } from "./change.js";
import { Field, edited } from "./fields.js";
import { html, useEffect, useState } from "./html.js";

/** The description of a table at a path of names, free names included. */
export function tableAt(schema, path) {
  let node = schema;
  for (const name of path) {
    node = resolved(schema, node.properties?.[name] ?? Object.values(node.patternProperties ?? {})[0] ?? node.additionalProperties ?? {});
    if (node.items?.$ref) node = resolved(schema, node.items);
  }
  return node;
}

const resolved = (schema, node) =>
  node.$ref ? { ...schema.$defs[node.$ref.split("/").at(-1)], ...node, $ref: undefined } : node;

/** Fields below a table, those of tables inside it too: [key, label, kind, {help, options, restart}]. */
export function fieldsOf(schema, table, before = "") {
  return Object.entries(table.properties ?? {}).flatMap(([name, raw]) => {
    const node = resolved(schema, raw);
    const key = before ? `${before}.${name}` : name;
    if (node.properties) return fieldsOf(schema, node, key);
    const kind = kindOf(node);
    if (!kind) return [];
    const help = [node.description, formWords(node)].filter(Boolean).join(" ");
    const none = key.startsWith("match.") ? "any" : "not set";
    const options = kind === "flag" ? ["", "yes", "no"] : node.default === undefined ? ["", ...(node.enum ?? [])] : node.enum;
    return [[key, labelOf(key), kind, { help, options, none, restart: node.restart, usual: node.default }]];
  });
}

function kindOf(node) {
  if (node.enum) return "select";
  if (node.anyOf?.some((each) => each.type === "string") && node.anyOf.some((each) => each.type === "array")) return "list";
  if (node.type === "boolean") return node.default === undefined ? "flag" : "check";
  if (node.type === "integer" || node.type === "number") return "number";
  if (node.type === "array" && node.items?.type === "string") return "list";
  return node.type === "string" ? "text" : null; // free tables are for the editor
}

function formWords({ form, description }) {
  return form && !description?.includes(form) ? `Must be ${form.replace(" in quotes", "")}.` : "";
}

function labelOf(key) {
  const words = key.replace(/^match\./, "").replaceAll("_", " ").replace(".", ": ").replace(/\busd\b/, "(US dollars)").replace(/\bmb\b/, "(MiB)");
  return words[0].toUpperCase() + words.slice(1);
}

/** The value at a dotted key of such a field. */
export const valueAt = (values, key) => key.split(".").reduce((found, part) => found?.[part], values);

/** A form over the settings of one table; `path` is where it stands, `only` which of its fields. */
export function SettingsForm({ path, fields, held, origins, shared, words, dense = false }) {
  const [values, setValues] = useState({});
  const { review, problems, busy } = shared;
  useEffect(() => setValues({}), [JSON.stringify(held)]); // what was typed stays while nothing else has changed
  const known = Object.fromEntries(fields.map(([key]) => [key, valueAt(held, key) ?? null]));
  const changes = edited(fields, known, values);
  const many = Object.keys(changes).length;
  const submit = (event) => {
    event.preventDefault();
    review(editsOf(path, changes), words);
  };
  const prefix = keyOf(...path);
  return html`
    <form onSubmit=${submit}>
      <${Problems} problems=${problemsOf(problems, prefix)} except=${fields.map(([key]) => `${prefix}.${key}`)} />
      <div class="settings">
        ${fields.map(([key, label, kind, more]) => html`
          <div class="setting" key=${key}>
            <div>
              <span class="name" aria-hidden="true">${label}</span>
              <span class="about">${more.help}${more.restart ? " Takes a restart." : ""}</span>
              ${!dense && html`<span class="origin">${originWords(origins?.[`${prefix}.${key}`])}</span>`}
            </div>
            <${Field} label=${html`<span class="sr">${label}</span>${kind === "check" ? "on" : ""}`} kind=${kind}
              options=${more.options} none=${more.none}
              value=${key in values ? values[key] : known[key]} placeholder=${more.usual == null || Array.isArray(more.usual) ? "" : String(more.usual)}
              problems=${problemsOf(problems, `${prefix}.${key}`)} onChange=${(value) => setValues({ ...values, [key]: value })} />
          </div>
        `)}
      </div>
      ${many > 0 && html`
        <div class="actions stick">
          <button type="submit" class="primary" disabled=${busy}>
            ${many === 1 ? "Review 1 change" : `Review ${many} changes`}</button>
          <button type="button" onClick=${() => setValues({})}>Drop</button>
        </div>
      `}
    </form>
  `;
}

/** Changes as the edits that the daemon takes; null takes a setting out. */
export const editsOf = (path, changes) =>
  Object.entries(changes).map(([key, value]) => {
    const whole = keyOf(...path, ...key.split("."));
    return value === null ? { key: whole, unset: true } : { key: whole, value };
  });

function originWords(origin) {
  const kind = typeof origin === "string" ? origin : (origin?.origin ?? origin?.kind);
  if (!kind || kind === "default") return "";
  return { file: "set in config.toml", environment: "set in the environment, which wins", preset: "from the catalogue" }[kind] ?? `from ${kind}`;
}
