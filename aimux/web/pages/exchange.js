// One exchange: `aimux why`, drawn.
//
// Two sources are laid over each other.  The daemon's memory has the words of errors and knows what is
// still open; the ledger has the story, keeps for a year, and never repeats a provider's words.

import { ask } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Command, Failed, Section, State, Time, Title } from "../parts.js";
import { linkTo } from "../router.js";
import { useKnown, useTick } from "../store.js";
import { MODES, count, exact, outcome, share, span, target, usd } from "../words.js";
import { lasted } from "./rows.js";
import { Timeline } from "./timeline.js";

const LEDGER_TRIES_MS = [0, 700, 2500]; // it is written behind the answer

export function Exchange({ id }) {
  const { exchanges } = useKnown();
  const live = exchanges.find((each) => each.id === id);
  const [told, setTold] = useState({ recent: null, ledger: null, error: null });
  const ended = live ? live.outcome !== "open" : null;
  useEffect(() => {
    let gone = false;
    gather(id, ended !== false, () => gone).then((found) => gone || setTold(found));
    return () => {
      gone = true;
    };
  }, [id, ended]);
  const facts = laidOver(told.ledger, live ?? told.recent);
  useTick(1000, facts?.outcome === "open");
  if (!facts) {
    return html`<${Title}>Exchange<//>${told.error
      ? html`<${Failed} error=${told.error} />`
      : html`<p class="empty" aria-busy="true">Asking the daemon…</p>`}`;
  }
  return html`<${Shown} facts=${facts} story=${(told.ledger?.story ?? []).filter((line) => line !== facts.id)} />`;
}

async function gather(id, isEnded, isGone) {
  const path = encodeURIComponent(id);
  let error = null;
  const recent = await ask(`/exchanges/${path}`).catch((problem) => {
    error = problem;
    return null;
  });
  let ledger = null;
  for (const ms of isEnded ? LEDGER_TRIES_MS.slice(0, recent ? undefined : 1) : []) {
    if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
    if (isGone()) break;
    ledger = await ask(`/ledger/${path}`).catch(() => null);
    if (ledger) break;
  }
  return { recent, ledger, error: recent || ledger ? null : error };
}

/** The ledger's facts under the live ones; attempts get their beginnings from the ledger. */
function laidOver(ledger, live) {
  if (!ledger || !live) return live ?? ledger;
  const attempts = live.attempts.map((each, place) => ({ ...ledger.attempts[place], ...each }));
  return { ...ledger, ...live, attempts, dropped: ledger.dropped?.length ? ledger.dropped : live.dropped };
}

function Shown({ facts, story }) {
  const [words, look] = outcome(facts);
  const to = target(facts);
  return html`
    <p class="crumb"><a href=${linkTo("exchanges")}>Exchanges</a></p>
    <${Title} under=${html`<${State} look=${look}>${words}<//>
      <span class="parts"><span><${Time} iso=${facts.started_at} /></span><span>${facts.client || "a client"}</span>
        <span class="num">${span(lasted(facts))}</span><span class="num">
          ${facts.cost_usd == null ? "cost unknown" : usd(facts.cost_usd)}</span></span>`}>
      <span class="break">${facts.asked_model || "Unreadable request"}</span>${to && html`<span
        class="soft break"> → ${to}</span>`}<//>
    ${facts.error && html`<p class="failed"><${State} look=${look === "ok" ? "warn" : look}><span class="pre">
      ${facts.error}</span><//></p>`}
    ${facts.attempts.length > 0 && html`<${Timeline} facts=${facts} />`}
    <div class="two">
      <div>
        ${story.length > 0 && html`<${Section} title="Why"><div class="story">
          ${story.map((line) => html`<${StoryLine} line=${line} />`)}</div><//>`}
        <${Decision} facts=${facts} />
        <${Lost} dropped=${facts.dropped ?? []} />
      </div>
      <div>
        <${Spent} facts=${facts} />
        <${About} facts=${facts} />
      </div>
    </div>
  `;
}

// The story is what the command line prints: lists begin with two spaces, an empty line parts thoughts.
const StoryLine = ({ line }) => {
  if (!line.trim()) return null;
  return html`<p class=${/^\s/.test(line) ? "inner" : ""}>${line.trim()}</p>`;
};

// ---------------------------------------------------------------- the decision

function Decision({ facts }) {
  const ranks = Object.fromEntries((facts.ranks ?? []).map((each) => [each.target, each]));
  const to = target(facts);
  const rule =
    facts.route === "direct" ? "The request named its target itself."
    : facts.route === "default" ? "No rule matched; the default targets hold."
    : facts.route ? html`The rule <strong>${facts.route}</strong> holds${facts.rule ? `: ${facts.rule}` : ""}.`
    : "Nothing was decided.";
  return html`
    <${Section} title="Decision" aside=${facts.strategy && html`<span class="soft">${facts.strategy}</span>`}>
      <p>${rule}</p>
      ${facts.candidates.length > 0 && html`
        <ol class="candidates">
          ${facts.candidates.map((each, place) => html`
            <li class=${each === to ? "chosen" : ""}>
              <span class="place num" aria-hidden="true">${place + 1}</span>
              <span class="break">${each}</span>
              <span class="soft num">${rankWords(ranks[each])}</span>
              ${each === to && html`<span class="tag">answered</span>`}
            </li>
          `)}
        </ol>
      `}
      ${facts.refusals.length > 0 && html`
        <h3>Left out, or put behind</h3>
        <dl class="reasons">
          ${facts.refusals.map((each) => html`<div><dt class="break">${each.target}</dt><dd>${each.reason}</dd>
            </div>`)}
        </dl>
      `}
      ${facts.notes?.length > 0 && html`<h3>What else had a say</h3><ul class="plain-list">
        ${facts.notes.map((each) => html`<li>${each}</li>`)}</ul>`}
    <//>
  `;
}

const rankWords = (rank) =>
  [rank?.words, rank?.score != null && `score ${Number(rank.score.toPrecision(4))}`].filter(Boolean).join(", ");

const Lost = ({ dropped }) => dropped.length > 0 && html`
  <${Section} title="Dropped and repaired" aside=${html`<span class="soft">by translation</span>`}>
    <dl class="reasons">
      ${dropped.map((each) => html`
        <div><dt class="mono">${each.code}</dt>
          <dd>${each.words}${each.times > 1 ? `, ${each.times} times` : ""}${each.severity === "debug" ? html` <span
            class="soft">(without consequence)</span>` : ""}</dd></div>
      `)}
    </dl>
  <//>
`;

// ---------------------------------------------------------------- what it took

function Spent({ facts }) {
  const fresh = facts.input_tokens == null ? null : facts.input_tokens - (facts.cache_read_tokens ?? 0) - (facts.cache_write_tokens ?? 0);
  const lines = [
    ["Input", facts.input_tokens, facts.estimated_tokens != null && facts.input_tokens == null ? `about ${count(facts.estimated_tokens)} guessed` : ""],
    ["  fresh", facts.cache_read_tokens || facts.cache_write_tokens ? fresh : null, ""],
    ["  from the cache", facts.cache_read_tokens, facts.input_tokens && facts.cache_read_tokens ? share(facts.cache_read_tokens / facts.input_tokens) : ""],
    ["  into the cache", facts.cache_write_tokens, ""],
    ["Output", facts.output_tokens, ""],
    ["  thinking", facts.reasoning_tokens, ""],
  ].filter(([label, tokens]) => !label.startsWith(" ") || tokens);
  return html`
    <${Section} title="Tokens and cost">
      <table class="sums">
        <tbody>
          ${lines.map(([label, tokens, words]) => html`
            <tr class=${label.startsWith(" ") ? "inner" : ""}><th scope="row">${label.trim()}</th><td class="soft">
              ${words}</td><td class="num">${exact(tokens)}</td></tr>
          `)}
          <tr class="sum"><th scope="row">Cost</th><td class="soft">
            ${facts.cost_source && facts.cost_source !== "unknown" ? `price: ${facts.cost_source}` : ""}</td>
            <td class="num">${usd(facts.cost_usd)}</td></tr>
          ${facts.other && html`<tr><th scope="row">Elsewhere</th><td class="soft break">${facts.other.target}</td>
            <td class="num">${usd(facts.other.would_cost_usd)}</td></tr>`}
        </tbody>
      </table>
      ${(facts.cache_loss_tokens > 0 || facts.cache_loss_usd > 0) && html`<p class="words warn">${lossWords(facts)}</p>`}
    <//>
  `;
}

function lossWords(facts) {
  const cause = facts.cache_loss_cause ? ` (${facts.cache_loss_cause})` : "";
  const cost = facts.cache_loss_usd ? `, which cost ${usd(facts.cache_loss_usd)} more` : "";
  return `A warm cache was left${cause}: ${exact(facts.cache_loss_tokens)} tokens were read anew${cost}.`;
}

function About({ facts }) {
  const formats = facts.upstream_format && facts.upstream_format !== facts.format ? `${facts.format} → ${facts.upstream_format}` : facts.format;
  const lines = [
    ["Mode", facts.mode && html`${facts.mode} <span class="soft">${MODES[facts.mode]}</span>`],
    ["Format", html`${formats}${facts.stream ? ", streamed" : ", not streamed"}`],
    ["Status", facts.status || null],
    ["Session", facts.session && html`<a class="mono break"
      href=${linkTo("exchanges", [], { session: facts.session })}>${facts.session}</a>`],
    ["Project", facts.project && html`<span class="mono break">${facts.project}</span>`],
    ["Client token", facts.token],
    ["Key", facts.attempts.at(-1)?.key],
    ["Configuration", facts.config_generation ?? facts.generation],
    ["Id", html`<span class="mono break">${facts.id}</span>`],
  ].filter(([, value]) => value);
  return html`
    <${Section} title="Facts">
      <dl class="facts">${lines.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd>
        </div>`)}</dl>
      <p><a href=${linkTo("logs", [], { request: facts.id })}>Its lines in the log</a></p>
      <p><${Command}>${`aimux why ${facts.id}`}<//></p>
    <//>
  `;
}
