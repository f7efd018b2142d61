// Usage: what was spent, on what, and what of it was for nothing.

import { useAnswer, withQuery } from "../api.js";
import { html, useMemo, useState } from "../html.js";
import { Answer, Choice, Empty, Section, Table, Title } from "../parts.js";
import { linkTo, refine } from "../router.js";
import { useKnown } from "../store.js";
import { count, exact, share, some, span, usd } from "../words.js";
import { MOST_SERIES, Plot, inks, stacked } from "./plot.js";
import { Budgets } from "./standing.js";

const SINCE = [["1d", "24 hours"], ["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"]];
const BY = [["provider", "Provider"], ["model", "Model"], ["client", "Client"], ["project", "Project"], ["session", "Session"], ["day", "Day"]];
const WHAT = [["cost_usd", "Cost"], ["tokens", "Tokens"], ["exchanges", "Requests"], ["failures", "Failures"], ["cache_loss_usd", "Cache losses"]];
const EVERY_MS = 60_000;
const REST = "(others)"; // what the daemon calls those beyond its own limit

export default function Usage({ where }) {
  const since = chosen(SINCE, where.query.get("since"), "7d");
  const by = chosen(BY, where.query.get("by"), "provider");
  const what = chosen(WHAT, where.query.get("what"), "cost_usd");
  const { status } = useKnown();
  const rows = useAnswer(withQuery("/usage", { since, by }), EVERY_MS);
  return html`
    <${Title} aside=${html`<${Choice} label="Time" value=${since} options=${SINCE}
      onChange=${(key) => refine({ since: key })} />`}>Usage<//>
    <${Answer} answer=${rows}>${(data) => html`<${Totals} data=${data} />`}<//>
    <div class="plot-head">
      <${Choice} label="What" value=${what} options=${WHAT} onChange=${(key) => refine({ what: key })} />
      <${Choice} label="By" value=${by} options=${BY} onChange=${(key) => refine({ by: key })} />
    </div>
    <${Plots} since=${since} by=${by === "day" ? "provider" : by} what=${what}
      bucket=${by !== "day" && (since === "1d" || since === "7d") ? "hour" : "day"} />
    <${Answer} answer=${rows}>${(data) => html`<${Sums} data=${data} by=${data.by} />`}<//>
    <${Budgets} budgets=${status?.budgets ?? []} />
  `;
}

const chosen = (options, value, usual) => (options.some(([key]) => key === value) ? value : usual);

// ---------------------------------------------------------------- the whole

function Totals({ data }) {
  const total = data.total ?? summed(data.rows);
  const failed = total.requests ? total.failed / total.requests : null;
  const cached = total.input_tokens ? total.cache_read_tokens / total.input_tokens : null;
  const figures = [
    ["Cost", usd(total.cost_usd), total.unknown_cost ? `${exact(total.unknown_cost)} without a price` : "all of it priced"],
    ["Requests", exact(total.requests), failed ? `${share(failed)} failed` : "none failed"],
    ["Input", count(total.input_tokens), "tokens"],
    ["Output", count(total.output_tokens), total.reasoning_tokens ? `${count(total.reasoning_tokens)} of them thinking` : "tokens"],
    ["From the cache", share(cached), `${count(total.cache_read_tokens)} tokens`],
    ["Lost with caches", usd(total.cache_loss_usd), "by leaving warm ones"],
  ];
  return html`
    <dl class="figures">${figures.map(([label, value, under]) => html`
      <div class="figure" key=${label}><dt>${label}</dt><dd class="value">${value}</dd><dd class="under">${under}
        </dd></div>`)}</dl>
    ${data.missing > 0 && html`<p class="words warn missing">
      ${data.missing_at_least ? "At least " : ""}${some(data.missing, "exchange")} of this time ${data.missing === 1 ? "is" : "are"} not in the ledger.</p>`}
  `;
}

function summed(rows) {
  const total = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "number") total[name] = (total[name] ?? 0) + value;
    }
  }
  return total;
}

// ---------------------------------------------------------------- plots

function Plots({ since, by, what, bucket }) {
  const answer = useAnswer(withQuery("/usage/series", { since, by, bucket }), EVERY_MS);
  return html`<${Answer} answer=${answer}>${(data) => html`<${Drawn} data=${data} what=${what} bucket=${bucket} />`}
    <//>`;
}

const FORMS = { cost_usd: usd, cache_loss_usd: usd, tokens: count, exchanges: count, failures: count };

function Drawn({ data, what, bucket }) {
  const [range, setRange] = useState(null);
  const [pointed, setPointed] = useState(null);
  const names = useMemo(() => largest(data.series, what), [data, what]);
  const layers = useMemo(() => stacked(data.times, data.series, names, (facts, at) => value(facts, what, at)), [data, names, what]);
  const form = FORMS[what];
  if (!data.times.length || !names.length) return html`<${Empty}>Nothing was asked in this time.<//>`;
  const from = range ? data.times.findIndex((time) => time >= range[0]) : 0;
  const to = range ? data.times.findLastIndex((time) => time <= range[1]) : data.times.length - 1;
  const shown = pointed == null ? [from, to] : [pointed, pointed];
  const sum = (at) => layers.values[at].slice(shown[0], shown[1] + 1).reduce((all, each) => all + each, 0);
  const total = names.reduce((all, _, at) => all + sum(at), 0);
  return html`
    <div class="plot">
      <${Plot} layers=${layers} bucket=${bucket} form=${form} range=${range} onRange=${setRange}
        onPoint=${setPointed}
        label=${`${WHAT.find(([key]) => key === what)[1]} over time: ${form(total)} in all`} />
      <div class="legend num">
        <p class="legend-head"><span class="soft">${said(data.times, shown, bucket, pointed)}</span><strong>
          ${form(total)}</strong></p>
        <ul>${names.map((name, at) => html`
          <li key=${name}><span class="ink-mark" style=${{ background: inks(names.length)[at] }}></span><span
            class="cut" title=${name}>${name || "none"}</span><span>${form(sum(at))}</span></li>`)}</ul>
        <p class="soft legend-foot">${range
          ? html`<button type="button" class="quiet" onClick=${() => setRange(null)}>Whole time</button>`
          : html`<span class="drag-hint">Drag over the plot for a part of the time.</span>`}</p>
      </div>
    </div>
  `;
}

const value = (facts, what, at) =>
  what === "tokens" ? (facts.input_tokens[at] ?? 0) + (facts.output_tokens[at] ?? 0) : (facts[what][at] ?? 0);

/** The names with the most, those beyond the colours together as one. */
function largest(series, what) {
  const sums = Object.entries(series).map(([name, facts]) => [
    name,
    facts.exchanges.reduce((all, _, at) => all + value(facts, what, at), 0),
  ]);
  const sorted = sums.sort((a, b) => b[1] - a[1]).map(([name]) => name);
  if (sorted.length <= MOST_SERIES && !sorted.includes(REST)) return sorted;
  return [...sorted.filter((name) => name !== REST).slice(0, MOST_SERIES - 1), "others"];
}

function said(times, [from, to], bucket, pointed) {
  const form = new Intl.DateTimeFormat("en-GB", bucket === "hour" && (pointed != null || to - from < 48)
    ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }
    : { day: "numeric", month: "short" });
  const first = form.format(times[from] * 1000);
  return pointed != null ? first : `${first} – ${form.format(times[to] * 1000)}`;
}

// ---------------------------------------------------------------- tables

const HEADINGS = { provider: "Provider", model: "Model", client: "Client", project: "Project", session: "Session", day: "Day" };
const FILTERED = new Set(["provider", "model", "client", "session"]);

function Sums({ data, by }) {
  const whole = data.total ?? summed(data.rows);
  const name = (row) => {
    if (!FILTERED.has(by) || !row.name) return row.name || html`<span class="soft">none</span>`;
    return html`<a class="break" href=${linkTo("exchanges", [], { [by]: row.name })}>${row.name}</a>`;
  };
  const columns = [
    [HEADINGS[by], name, "wide-cell"],
    ["Requests", (row) => exact(row.requests), "num"],
    ["Failed", (row) => (row.failed ? exact(row.failed) : "–"), "num"],
    ["Input", (row) => count(row.input_tokens), "num"],
    ["Cached", (row) => share(row.cache_share), "num"],
    ["Output", (row) => count(row.output_tokens), "num"],
    ["Mean time", (row) => (row.requests ? span(row.duration_ms / row.requests) : "–"), "num"],
    ["Lost", (row) => (row.cache_loss_usd ? usd(row.cache_loss_usd) : "–"), "num"],
    ["Cost", (row) => html`${usd(row.cost_usd)}${row.unknown_cost && row.cost_usd != null ? html`<span class="soft"
      title=${`${exact(row.unknown_cost)} requests without a price`}> +?</span>` : ""}`, "num"],
  ];
  const foot = [
    "All",
    exact(whole.requests),
    whole.failed ? exact(whole.failed) : "–",
    count(whole.input_tokens),
    share(whole.input_tokens ? whole.cache_read_tokens / whole.input_tokens : null),
    count(whole.output_tokens),
    "",
    whole.cache_loss_usd ? usd(whole.cache_loss_usd) : "–",
    usd(whole.cost_usd),
  ];
  return html`
    <${Section} title=${`By ${by}`}>
      ${data.rows.length
        ? html`<${Table} label=${`Usage by ${by}`} columns=${columns} rows=${data.rows} rowKey=${(row) => row.name}
          foot=${foot} />`
        : html`<${Empty}>Nothing was asked in this time.<//>`}
    <//>
  `;
}
