// The file itself, for what no form has.

import { Problems, problemWords } from "../change.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Section } from "../parts.js";

export function Editor({ config, shared }) {
  const held = config.text ?? "";
  const [text, setText] = useState(held);
  const area = useRef(null);
  const read = useRef(held);
  useEffect(() => {
    // what was typed stays when only the file behind it has changed
    setText((typed) => (typed === read.current ? held : typed));
    read.current = held;
  }, [held]);
  const differs = text !== held;
  const submit = (event) => {
    event.preventDefault();
    shared.review([{ text }], "The whole file");
  };
  return html`
    <${Section} title="config.toml" aside=${html`<span class="soft">keys do not stand here</span>`}>
      ${config.text === null && html`<p
        class="soft">The file is no TOML, so nobody can tell what of it is secret: mend it with <code>aimux config edit</code>.</p>`}
      ${config.masked && config.text !== null && html`<p
        class="soft">Values that may be secret are shown as ********; as long as such a mark stands in the text it cannot be applied from here. Use <code>aimux config edit</code>.</p>`}
      <${Places} problems=${shared.problems} text=${text} area=${area} />
      <form onSubmit=${submit}>
        <label class="sr" for="editor">The text of config.toml</label>
        <textarea id="editor" class="editor" ref=${area} spellcheck=${false} autocapitalize="off" wrap="off"
          aria-invalid=${shared.problems.length ? "true" : null} value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
        <div class="actions">
          <button type="submit" class="primary" disabled=${shared.busy || !differs}>Review</button>
          <button type="button" disabled=${!differs} onClick=${() => setText(held)}>Drop what was typed</button>
        </div>
      </form>
    <//>
  `;
}

/** Problems as links into the text. */
function Places({ problems, text, area }) {
  const placed = problems.filter((each) => each.line);
  const go = ({ line, column }) => {
    const before = text.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.current.focus();
    area.current.setSelectionRange(before + Math.max(0, column - 1), before + Math.max(0, column - 1));
    area.current.scrollTop = Math.max(0, (line - 6) * 19.4);
  };
  if (!problems.length) return null;
  return html`
    <${Problems} problems=${problems.filter((each) => !each.line)} />
    ${placed.length > 0 && html`
      <ul class="problems" role="alert">
        ${placed.map((each) => html`<li><button type="button" class="plain"
          onClick=${() => go(each)}>line ${each.line}</button> ${each.key && html`<code>${each.key}
          </code>`} ${problemWords(each)}</li>`)}
      </ul>`}
  `;
}
