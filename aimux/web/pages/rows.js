// Exchanges as a list: what was asked, who answered, how fast, how much.

import { html } from "../html.js";
import { Dot, Time } from "../parts.js";
import { linkTo } from "../router.js";
import { now, useTick } from "../store.js";
import { count, outcome, span, target, usd } from "../words.js";

/** Two lines for each exchange; one where the page is wide and they have all of it. */
export function ExchangeRows({ exchanges, wide = false }) {
  useTick(1000, exchanges.some((each) => each.outcome === "open"));
  return html`
    <ol class=${wide ? "rows wide" : "rows"}>
      ${exchanges.map((each) => html`<li key=${each.id}><${Row} facts=${each} /></li>`)}
    </ol>
  `;
}

function Row({ facts }) {
  const [words, look] = outcome(facts);
  const to = where(facts);
  const lost = facts.attempts.filter((each) => each.outcome !== "ok" && each.outcome !== "open").length;
  return html`
    <a class="row" href=${linkTo("exchanges", [facts.id])}>
      <span class="row-main">
        <${Dot} look=${look} />
        <span class="row-model">${facts.asked_model || "unreadable request"}</span>
        ${to && html`<span class="row-to"><span aria-hidden="true">→ </span><span class="sr">to </span>${to}
          </span>`}
      </span>
      <span class="row-cost num">${facts.cost_usd == null ? "" : usd(facts.cost_usd)}</span>
      <span class="row-under parts">
        <span><${Time} iso=${facts.started_at} /></span>
        ${facts.client && html`<span>${facts.client}</span>`}
        ${facts.outcome !== "ok" && html`<span class=${`words ${look}`}>${words}</span>`}
        ${lost > 0 && html`<span>${lost === 1 ? "1 attempt failed" : `${lost} attempts failed`}</span>`}
        ${facts.mode && facts.mode !== "relay" && html`<span>${facts.mode}</span>`}
      </span>
      <span class="row-numbers num parts">
        ${facts.input_tokens != null
          ? html`<span>${count(facts.input_tokens)} in, ${count(facts.output_tokens)} out</span>`
          : html`<span class="row-gap">–</span>`}
        ${facts.first_event_ms != null && facts.outcome !== "open"
          ? html`<span title="until the first token">${span(facts.first_event_ms)}</span>`
          : html`<span class="row-gap">–</span>`}
        <span title="all of it">${span(lasted(facts))}</span>
      </span>
    </a>
  `;
}

/** Milliseconds that an exchange took, or has taken until now. */
export function lasted(facts) {
  if (facts.duration_ms != null && facts.outcome !== "open") return facts.duration_ms;
  return Math.max(0, now() - Date.parse(facts.started_at));
}

/** Who answered, or is asked first; the model only where it is another one than was asked for. */
function where(facts) {
  const to = target(facts) || facts.candidates?.[0] || "";
  const model = to.slice(to.indexOf("/") + 1);
  return model === facts.asked_model ? to.slice(0, to.indexOf("/")) : to === facts.asked_model ? "" : to;
}
