// Keys of a provider: where each lives, and a way to set one.  None is ever shown, not even a part.

import { put, remove } from "../api.js";
import { html, useId, useState } from "../html.js";
import { Failed } from "../parts.js";
import { change } from "../store.js";

const WRITABLE = /^(keyring|vault):/;

export function Keys({ name, references, facts, shown, onDone }) {
  if (!references.length) return html`<p class="soft">It needs no key.</p>`;
  return html`
    <ul class="keys">
      ${references.map((each) => html`<li key=${each} class="key-row"><span class="mono soft">${each}</span>
        ${WRITABLE.test(each) && html`<${Remove} name=${name} label=${labelOf(each)} />`}</li>`)}
    </ul>
    ${facts?.key_problem && html`<p class="words warn">${facts.key_problem}</p>`}
    ${shown && html`<${SetKey} name=${name} labels=${references.filter((each) => WRITABLE.test(each)).map(labelOf)}
      onDone=${onDone} />`}
  `;
}

/** `main` of `keyring:zai/main`. */
const labelOf = (reference) => reference.split("/").at(-1);

const pathOf = (name, label) => `/providers/${encodeURIComponent(name)}/keys/${encodeURIComponent(label)}`;

function SetKey({ name, labels, onDone }) {
  const [label, setLabel] = useState(labels[0] ?? "default");
  const [value, setValue] = useState("");
  const [stage, setStage] = useState({ busy: false, error: null });
  const id = useId();
  const submit = async (event) => {
    event.preventDefault();
    setStage({ busy: true, error: null });
    try {
      const { reference } = await put(pathOf(name, label.trim()), { value: value.trim() });
      change({ said: { words: `The key is kept as ${reference}; it is not shown again` } });
      onDone(reference);
    } catch (error) {
      setStage({ busy: false, error });
    } finally {
      setValue("");
    }
  };
  return html`
    <form class="key-form" onSubmit=${submit} autocomplete="off">
      <div class="field label"><label for=${`${id}-label`}>Label</label>
        <input id=${`${id}-label`} list=${`${id}-labels`} value=${label} spellcheck=${false} autocomplete="off"
          onInput=${(event) => setLabel(event.target.value)} />
        <datalist id=${`${id}-labels`}>${labels.map((each) => html`<option key=${each} value=${each} />`)}
          </datalist></div>
      <div class="field"><label for=${id}>Key of ${name}</label>
        <input id=${id} type="password" autocomplete="new-password" spellcheck=${false} value=${value}
          onInput=${(event) => setValue(event.target.value)} /></div>
      <button type="submit" class="primary"
        disabled=${stage.busy || !value.trim() || !label.trim()}>Keep it</button>
      <button type="button" onClick=${() => onDone()}>Cancel</button>
    </form>
    ${stage.error && html`<${Failed} error=${stage.error} />`}
  `;
}

// Twice, because nothing brings it back.
function Remove({ name, label }) {
  const [sure, setSure] = useState(false);
  const take = async () => {
    if (!sure) return setSure(true);
    setSure(false);
    const words = await remove(pathOf(name, label)).then(() => `The key ${name}/${label} is gone`, (error) => error.message);
    return change({ said: { words } });
  };
  return html`<button type="button" class="plain"
    aria-label=${`${sure ? "Really delete" : "Delete"} the key ${name}/${label}`} onClick=${take} onBlur=${() => setSure(false)}>${sure ? "really delete it?" : "delete"}</button>`;
}
