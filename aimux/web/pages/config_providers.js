// Providers: those that there are, and one more from the catalogue.

import { post, useAnswer } from "../api.js";
import { Problems, keyOf, problemsOf } from "../change.js";
import { Fields } from "../fields.js";
import { html, useState } from "../html.js";
import { Answer, Empty, Section, State } from "../parts.js";
import { SettingsForm, fieldsOf, tableAt } from "../settings.js";
import { useKnown } from "../store.js";
import { some, span } from "../words.js";
import { Keys } from "./config_keys.js";
import { standing } from "./standing.js";

export function Providers({ config, schema, shared, again }) {
  const { status } = useKnown();
  const names = Object.keys(config.values.providers ?? {});
  const [added, setAdded] = useState(null);
  return html`
    <${Section} title="Providers" aside=${html`<span class="soft">${some(names.length, "provider")}</span>`}>
      ${names.length
        ? html`<ul class="blocks">${names.map((name) => html`
            <li key=${name} class="block"><${Provider} name=${name} settings=${config.values.providers[name]}
              facts=${status?.providers.find((each) => each.name === name)}
              config=${config} schema=${schema} shared=${shared} asksKey=${added === name} again=${again} /></li>`)}
                </ul>`
        : html`<${Empty}>There is no provider yet: add one below.<//>`}
    <//>
    <${Add} config=${config} shared=${shared} onAdded=${setAdded} />
  `;
}

// ---------------------------------------------------------------- one of them

const NOT_IN_FORM = new Set(["enabled", "keys", "preset"]);

function Provider({ name, settings, facts, config, schema, shared, asksKey, again }) {
  const [look, words] = facts ? standing(facts) : ["off", settings.enabled === false ? "disabled" : "not running yet"];
  const path = ["providers", name];
  const fields = fieldsOf(schema, tableAt(schema, path)).filter(([key]) => !NOT_IN_FORM.has(key));
  const enabled = settings.enabled !== false;
  const verb = enabled ? "Disable" : "Enable";
  const [setting, setSetting] = useState(asksKey);
  const keys = settings.keys ?? [];
  const keyDone = (reference) => {
    setSetting(false);
    if (reference) again();
  };
  return html`
    <div class="block-head"><h3 class="name">${name}</h3><${State} look=${look}>${words}<//></div>
    <p class="parts soft">${settings.preset && settings.preset !== name && html`<span>preset ${settings.preset}</span>`}
      <span>${settings.format}</span><span class="mono break">${settings.base_url}</span></p>
    <${Keys} name=${name} references=${keys} facts=${facts} shown=${setting} onDone=${keyDone} />
    <${Problems} problems=${problemsOf(shared.problems, keyOf(...path))}
      except=${fields.map(([key]) => `${keyOf(...path)}.${key}`)} />
    <div class="actions tight">
      ${keys.length > 0 && !setting && html`<button type="button" class="quiet" aria-label=${`Set a key of ${name}`}
        onClick=${() => setSetting(true)}>Set a key</button>`}
      <button type="button" class="quiet" disabled=${shared.busy} aria-label=${`${verb} ${name}`}
        onClick=${() => shared.review([{ key: keyOf(...path, "enabled"), value: !enabled }], `${verb} ${name}`)}>
        ${verb}</button>
      <button type="button" class="quiet danger" disabled=${shared.busy} aria-label=${`Remove ${name}`}
        onClick=${() => shared.review([{ key: keyOf(...path), unset: true }], `Remove ${name}`)}>Remove</button>
      <${Test} name=${name} />
    </div>
    <details class="more">
      <summary aria-label=${`All settings of ${name}`}>All settings</summary>
      <${SettingsForm} path=${path} fields=${fields} held=${settings} origins=${config.origins} shared=${shared}
        words=${`Settings of ${name}`} />
    </details>
  `;
}

function Test({ name }) {
  const [stage, setStage] = useState(null);
  const test = async () => {
    setStage({ busy: true });
    try {
      setStage(await post(`/providers/${encodeURIComponent(name)}/test`));
    } catch (error) {
      setStage({ ok: false, words: error.message });
    }
  };
  return html`
    <button type="button" class="quiet" disabled=${stage?.busy} onClick=${test} aria-label=${`Test ${name}`}>
      ${stage?.busy ? "Testing…" : "Test"}</button>
    <span class="test-words" aria-live="polite">
      ${stage && !stage.busy && html`<${State} look=${stage.ok ? "ok" : "bad"}>
        <span class="break">${stage.words}${stage.ms != null && html`<span class="soft num"> · ${span(stage.ms)}</span>`}</span>
      <//>`}
    </span>
  `;
}

// ---------------------------------------------------------------- one more

const OWN = "another";
const FORMATS = ["anthropic", "openai-chat", "openai-responses", "gemini"];

function Add({ config, shared, onAdded }) {
  const catalogue = useAnswer("/catalogue");
  return html`
    <${Section} title="Add a provider" aside=${html`<span class="soft">nothing is asked of it yet</span>`}>
      <${Answer} answer=${catalogue}>${(data) => html`<${AddForm} presets=${data.presets} config=${config}
        shared=${shared} onAdded=${onAdded} />`}<//>
    <//>
  `;
}

function AddForm({ presets, config, shared, onAdded }) {
  const [values, setValues] = useState({ preset: presets.find((each) => !each.added)?.name ?? OWN, default: true });
  const own = values.preset === OWN;
  const usual = config.values.routing?.default ?? []; // an empty one means every provider there is
  const preset = presets.find((each) => each.name === values.preset);
  const name = (values.name ?? (own ? "" : values.preset)).trim();
  const taken = name in (config.values.providers ?? {});
  const submit = (event) => {
    event.preventDefault();
    const keyless = values.needs_key ? {} : { keys: [] };
    const table = own
      ? { format: values.format ?? FORMATS[1], base_url: values.base_url ?? "", ...keyless }
      : { preset: values.preset };
    const edits = [{ key: keyOf("providers", name), value: table }];
    if (values.default && usual.length) edits.push({ key: "routing.default", value: [...usual, `${name}/*`] });
    onAdded(name);
    shared.review(edits, `Add ${name}`);
  };
  const fields = [
    ["name", "Name", "text", {
      placeholder: own ? "local" : values.preset,
      needed: own,
      help: taken ? "There is a provider of that name already." : "As it stands in provider/model.",
    }],
    ...(own ? [
      ["format", "Format", "select", { options: FORMATS }],
      ["base_url", "Address", "text", { needed: true, placeholder: "http://127.0.0.1:11434/v1", help: "As the vendor’s own SDK takes it." }],
      ["needs_key", "It needs a key", "check"],
    ] : []),
    ...(usual.length ? [["default", "Ask it when no rule matches", "check", { help: "Adds it to the end of routing.default." }]] : []),
  ];
  return html`
    <form onSubmit=${submit}>
      <div class="fields"><div class="field"><label for="preset">From the catalogue</label>
        <select id="preset" value=${values.preset}
          onChange=${(event) => setValues({ default: values.default, preset: event.target.value })}>
          ${presets.map((each) => html`<option key=${each.name} value=${each.name}>
            ${each.title}${each.added ? " (added)" : ""}</option>`)}
          <option value=${OWN}>Another, by its address</option>
        </select>
        ${preset && html`<span class="soft help">${aboutPreset(preset)}</span>`}</div></div>
      ${name && !taken && html`<${Problems} problems=${problemsOf(shared.problems, keyOf("providers", name))}
        except=${fields.map(([key]) => keyOf("providers", name, key))} />`}
      <${Fields} key=${values.preset} fields=${fields} values=${values} onChange=${setValues}
        problems=${shared.problems} prefix=${name ? keyOf("providers", name) : ""} />
      <div class="actions"><button type="submit" class="primary"
        disabled=${shared.busy || !name || taken}>Review</button>
        ${preset?.website && html`<a href=${preset.website} rel="noreferrer noopener" target="_blank">
          ${preset.title}’s site</a>`}</div>
    </form>
  `;
}

const aboutPreset = (preset) => [
  preset.models > 0 && some(preset.models, "model"),
  Object.keys(preset.formats).join(", "),
  preset.needs_key ? "needs a key" : "needs no key",
  preset.notes,
].filter(Boolean).join(" · ");
