// The small things that pages are made of.

import { html, useState } from "./html.js";
import { dayAndTime, timeOf, today, wholeTime } from "./words.js";
import { now } from "./store.js";

/** A mark whose form says as much as its colour: ok, busy, warn, bad or off. */
export const Dot = ({ look }) => html`<span class=${`dot ${look}`} aria-hidden="true"></span>`;

/** Words with a mark before them. */
export const State = ({ look, children }) =>
  html`<span class=${`state ${look}`}><${Dot} look=${look} />${children}</span>`;

/** A part of a page, with a heading. */
export const Section = ({ title, aside, id, children, class: kind = "" }) => html`
  <section class=${`section ${kind}`} aria-labelledby=${id ?? slug(title)}>
    <div class="section-head">
      <h2 id=${id ?? slug(title)}>${title}</h2>
      ${aside && html`<div class="aside">${aside}</div>`}
    </div>
    ${children}
  </section>
`;

const slug = (title) => `h-${String(title).toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;

/** The head of a page. */
export const Title = ({ children, aside, under }) => html`
  <div class="title">
    <div class="title-words">
      <h1 tabindex="-1">${children}</h1>
      ${under && html`<p class="under">${under}</p>`}
    </div>
    ${aside && html`<div class="title-aside">${aside}</div>`}
  </div>
`;

/** A share as a bar; `label` says what of. */
export const Meter = ({ part, label, look = "ok" }) => html`
  <div class=${`meter ${look}`} role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
    aria-valuenow=${Math.round(part * 100)}>
    <div class="meter-fill" style=${{ width: `${Math.min(1, Math.max(0, part)) * 100}%` }}></div>
  </div>
`;

/** A time of today as a clock, an older one with its day; the whole of it when pointed at. */
export const Time = ({ iso }) => {
  const same = iso && today(Date.parse(iso)) === today(now());
  return html`<time datetime=${iso} title=${wholeTime(iso)}>${same ? timeOf(iso) : dayAndTime(iso)}</time>`;
};

/** What is said where there is nothing. */
export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

/** What went wrong, why, and what to do. */
export const Failed = ({ error, again }) => html`
  <div class="failed" role="alert">
    <p><${State} look="bad">${error.message}<//></p>
    ${error.hint && html`<p class="soft">${error.hint}</p>`}
    ${again && html`<button type="button" class="quiet" onClick=${again}>Try again</button>`}
  </div>
`;

/** An answer's data, or why there is none; nothing while it is on its way for the first time. */
export const Answer = ({ answer, children }) => {
  if (answer.error && !answer.data) return html`<${Failed} error=${answer.error} again=${answer.again} />`;
  if (!answer.data) return html`<p class="empty" aria-busy="true">Asking the daemon…</p>`;
  return children(answer.data);
};

/** A command to be typed somewhere else, with a button that copies it. */
export const Command = ({ children }) => {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard?.writeText(children).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    }, () => {});
  return html`
    <span class="command"><code>${children}</code>
      <button type="button" class="copy" onClick=${copy} aria-label=${`Copy ${children}`}>
        ${copied ? "copied" : "copy"}</button>
    </span>
  `;
};

/** One of a few, as a row of buttons. */
export const Choice = ({ label, value, options, onChange }) => html`
  <div class="choice" role="group" aria-label=${label}>
    ${options.map(([key, words]) => html`
      <button type="button" key=${key} aria-pressed=${key === value ? "true" : "false"}
        onClick=${() => onChange(key)}>${words}</button>
    `)}
  </div>
`;

/** A table that scrolls by itself where it is too wide: columns are [heading, cell(row), kind]. */
export const Table = ({ label, columns, rows, rowKey = (row, place) => place, foot }) => html`
  <div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead><tr>${columns.map(([heading, , kind = ""]) => html`<th scope="col" class=${kind}>${heading}</th>`)}
        </tr></thead>
      <tbody>
        ${rows.map((row, place) => html`
          <tr key=${rowKey(row, place)}>
            ${columns.map(([, cell, kind = ""], column) => column === 0
              ? html`<th scope="row" class=${kind}>${cell(row)}</th>`
              : html`<td class=${kind}>${cell(row)}</td>`)}
          </tr>
        `)}
      </tbody>
      ${foot && html`<tfoot><tr>${columns.map(([, , kind = ""], column) => html`<td class=${kind}>
        ${foot[column] ?? ""}</td>`)}</tr></tfoot>`}
    </table>
  </div>
`;
