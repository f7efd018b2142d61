// A change of config.toml on its way: made in a form, shown as a diff, applied, and taken back.
//
//   form -> preview -> problems at their fields
//                   -> a diff to look at -> apply -> undo
//
// The etag is that of the file which the form was filled from.  If the file has changed since, nothing is
// applied: what was changed by hand is shown first, and the person decides.

import { post } from "./api.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { State } from "./parts.js";
import { change } from "./store.js";

const CONFLICT = 409;
const PROBLEMS = 422;

/**
 * {review(edits, words), problems, error, busy, dialog}: `dialog` has to be shown by whoever asks.
 *
 * `again` reads the configuration anew, after it has changed.
 */
export function useReview(etag, again) {
  const [stage, setStage] = useState({ problems: [], error: null, busy: false, shown: null });
  const set = (facts) => setStage((before) => ({ ...before, ...facts }));

  const preview = async (edits, words, base) => {
    set({ busy: true, error: null, problems: [] });
    try {
      const found = await post("/config/preview", { etag: base, edits });
      if (found.problems.length) return set({ busy: false, problems: found.problems, shown: null });
      if (!found.diff) return set({ busy: false, shown: { kind: "same", words } });
      return set({ busy: false, shown: { kind: "diff", edits, words, diff: found.diff, etag: base } });
    } catch (error) {
      return refused(error, edits, words);
    }
  };

  const apply = async ({ edits, words, etag: base }) => {
    set({ busy: true });
    try {
      const done = await post("/config/apply", { etag: base, edits });
      set({ busy: false, shown: null, problems: [] });
      const waits = done.restart_needed?.length ? `; ${done.restart_needed.join(", ")} waits for aimux restart` : "";
      change({ said: { words: `${words}: applied as configuration ${done.generation}${waits}`, undo: () => undo(again) } });
      again();
    } catch (error) {
      refused(error, edits, words);
    }
  };

  const refused = (error, edits, words) => {
    if (error.status === CONFLICT) {
      const { diff = "", etag: newer } = error.body;
      return set({ busy: false, shown: { kind: "conflict", edits, words, diff, etag: newer } });
    }
    if (error.status === PROBLEMS && error.problems.length) {
      return set({ busy: false, problems: error.problems, shown: null });
    }
    return set({ busy: false, error, shown: null });
  };

  const close = () => set({ shown: null });
  const dialog = stage.shown && html`
    <${Review} shown=${stage.shown} busy=${stage.busy} onClose=${close} onApply=${() => apply(stage.shown)}
      onAnyway=${() => preview(stage.shown.edits, stage.shown.words, stage.shown.etag)}
      onRead=${() => { close(); again(); }} />
  `;
  return { ...stage, dialog, review: (edits, words) => preview(edits, words, etag), clear: () => set({ problems: [], error: null }) };
}

/** Takes the last change back, if nobody has changed the file since. */
export async function undo(again) {
  try {
    const done = await post("/config/undo");
    change({ said: { words: `Taken back: configuration ${done.generation} is as it was before` } });
  } catch (error) {
    change({ said: { words: `It could not be taken back: ${error.message}` } });
  }
  again();
}

function Review({ shown, busy, onClose, onApply, onAnyway, onRead }) {
  const place = useRef(null);
  useEffect(() => {
    place.current.showModal();
  }, []);
  return html`
    <dialog class="review" ref=${place} aria-labelledby="review-title" onClose=${onClose}
      onClick=${(event) => event.target === place.current && onClose()}>
      <div class="review-body">
        <h2 id="review-title">${shown.kind === "conflict" ? "The file was changed meanwhile" : shown.words}</h2>
        ${shown.kind === "diff" && html`
          <p class="soft">This is what changes in config.toml. It is applied at once, without a restart where none is needed.</p>
          <${Diff} text=${shown.diff} />
          <div class="actions">
            <button type="button" class="primary" disabled=${busy} onClick=${onApply} autofocus>Apply</button>
            <button type="button" onClick=${onClose}>Cancel</button>
          </div>`}
        ${shown.kind === "conflict" && html`
          <p><${State} look="warn">config.toml is not the file any more that this page has read. Nothing was applied.<//></p>
          ${shown.diff && html`<p class="soft">What was changed by hand:</p><${Diff} text=${shown.diff} />`}
          <div class="actions">
            <button type="button" class="primary" disabled=${busy}
              onClick=${onRead} autofocus>Read the file again</button>
            <button type="button" disabled=${busy}
              onClick=${onAnyway}>Make the same change in the file as it is now</button>
          </div>`}
        ${shown.kind === "same" && html`
          <p class="soft">Nothing changes: the file says so already.</p>
          <div class="actions"><button type="button" onClick=${onClose} autofocus>Close</button></div>`}
      </div>
    </dialog>
  `;
}

/** A unified diff, a line at a time. */
export const Diff = ({ text }) => html`
  <pre class="diff" tabindex="0" aria-label="Changes">
    ${text.trimEnd().split("\n").filter((line) => !/^(---|\+\+\+) /.test(line)).map((line, at) => html`
    <span key=${at} class=${kindOf(line)}>${line || " "}</span>`)}</pre>
`;

const kindOf = (line) => ({ "+": "added", "-": "taken", "@": "where" })[line[0]] ?? "kept";

/** The problems of one key, or below it. */
export const problemsOf = (problems, key) => problems.filter((each) => each.key === key || each.key?.startsWith(`${key}.`));

/** A problem as one reads it. */
export const problemWords = (problem) =>
  [problem.what, problem.allowed && `allowed: ${problem.allowed}`, problem.suggestion && `did you mean ${problem.suggestion}?`]
    .filter(Boolean)
    .join("; ");

/** Problems that belong to no field that is shown, each with its place in the file. */
export const Problems = ({ problems, except = [] }) => {
  const left = problems.filter((each) => !except.some((key) => each.key === key || each.key?.startsWith(`${key}.`)));
  if (!left.length) return null;
  return html`
    <ul class="problems" role="alert">
      ${left.map((each) => html`<li><${State} look="bad"><span>${each.line ? html`<span
        class="soft num">line ${each.line} </span>` : ""}${each.key && html`<code>${each.key}
        </code> `}${problemWords(each)}</span><//></li>`)}
    </ul>
  `;
};

/** One part of a key as TOML writes it. */
export const keyPart = (part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part));
export const keyOf = (...parts) => parts.map((part) => keyPart(String(part))).join(".");
