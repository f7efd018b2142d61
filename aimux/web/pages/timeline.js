// Attempts as bars over the exchange's time: waiting thin, answering thick, each ending in its verdict.

import { html } from "../html.js";
import { Section } from "../parts.js";
import { span } from "../words.js";
import { lasted } from "./rows.js";

export function Timeline({ facts }) {
  const totalMs = Math.max(1, lasted(facts));
  const attempts = placed(facts, totalMs);
  return html`
    <${Section} title="Attempts" aside=${facts.first_event_ms != null && html`<span
      class="soft num">first token after ${span(facts.first_event_ms)}</span>`}>
      <ol class="timeline">
        ${attempts.map((each, place) => html`<li key=${place}><${Attempt} facts=${each} place=${place}
          totalMs=${totalMs} /></li>`)}
      </ol>
      <div class="timeline-scale num soft" aria-hidden="true">
        ${[0, 0.25, 0.5, 0.75, 1].map((part) => html`<span>${part ? span(totalMs * part) : "0"}</span>`)}
      </div>
    <//>
  `;
}

function Attempt({ facts, place, totalMs }) {
  const look = { ok: "ok", open: "busy", outrun: "off", client_gone: "warn" }[facts.outcome] ?? "bad";
  const percent = (ms) => `${Math.min(100, (ms / totalMs) * 100)}%`;
  const waited = Math.min(facts.first_event_ms ?? facts.duration_ms, facts.duration_ms);
  const verdict = { ok: "answered", open: "is still at it" }[facts.outcome] ?? facts.verdict ?? facts.outcome;
  return html`
    <div class="attempt">
      <div class="attempt-head">
        <span class="break"><span class="soft num">${place + 1} </span>
          ${facts.provider}/${facts.model}${facts.key && facts.key !== "default" ? html` <span
          class="soft">key ${facts.key}</span>` : ""}</span>
        <span class=${`words ${look}`}>
          ${verdict}${facts.status && facts.outcome !== "ok" ? ` (${facts.status})` : ""}<span
          class="soft num"> · ${span(facts.duration_ms)}</span></span>
      </div>
      <div class="lane" role="img"
        aria-label=${`from ${span(facts.began)}: ${span(waited)} waiting${facts.first_event_ms != null ? `, ${span(facts.duration_ms - waited)} answering` : ""}`}>
        <div class=${`lane-wait ${look}`} style=${{ left: percent(facts.began), width: percent(waited) }}></div>
        ${facts.first_event_ms != null && html`<div class=${`lane-run ${look}`}
          style=${{ left: percent(facts.began + waited), width: percent(facts.duration_ms - waited) }}></div>`}
        ${look === "bad" && html`<div class="lane-end" style=${{ left: percent(facts.began + facts.duration_ms) }}>
          </div>`}
      </div>
      ${facts.error && html`<p class="soft pre attempt-error">${facts.error}</p>`}
    </div>
  `;
}

/** Attempts with their beginnings; where nobody has told them, one follows the other. */
function placed(facts, totalMs) {
  let after = 0;
  return facts.attempts.map((each) => {
    const open = each.outcome === "open";
    const began = each.began_ms ?? Math.min(after, totalMs);
    const duration_ms = open ? Math.max(each.duration_ms, totalMs - began) : each.duration_ms;
    after = began + duration_ms;
    return { ...each, began, duration_ms };
  });
}
