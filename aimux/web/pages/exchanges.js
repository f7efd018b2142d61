// Exchanges: what the ledger has, filtered; and the page of one of them.

import { useAnswer, withQuery } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Answer, Empty, Title } from "../parts.js";
import { refine } from "../router.js";
import { Exchange } from "./exchange.js";
import { ExchangeRows } from "./rows.js";

const PAGE = 50;
const EVERY_MS = 5_000;
const TYPING_MS = 300;

const FILTERS = [
  ["q", "Search", "text"],
  ["provider", "Provider", "text"],
  ["model", "Model", "text"],
  ["client", "Client", "text"],
  ["session", "Session", "text"],
  ["outcome", "Outcome", "select"],
];
const OUTCOMES = ["ok", "client_error", "upstream_error", "cut", "client_gone", "rejected"];

export default function Exchanges({ where }) {
  if (where.parts.length) return html`<${Exchange} id=${where.parts[0]} key=${where.parts[0]} />`;
  return html`<${List} query=${where.query} />`;
}

function List({ query }) {
  const filters = Object.fromEntries(FILTERS.map(([name]) => [name, query.get(name) ?? ""]));
  const before = query.get("before");
  const filtered = Object.values(filters).some(Boolean);
  const answer = useAnswer(withQuery("/ledger", { limit: PAGE, before, ...filters }), before ? 0 : EVERY_MS);
  return html`
    <${Title} under="What the ledger has recorded: facts, and no word of what was said.">Exchanges<//>
    <${Filters} filters=${filters} filtered=${filtered} />
    <${Answer} answer=${answer}>${(data) => html`
      ${data.exchanges.length
        ? html`<${ExchangeRows} exchanges=${data.exchanges} wide=${true} />`
        : html`<${Empty}>${filtered ? "Nothing matches these filters." : "The ledger is empty: no request has been answered yet."}<//>`}
      <div class="pager">
        ${before && html`<button type="button" class="quiet"
          onClick=${() => refine({ before: "" })}>Newest</button>`}
        ${data.next != null && html`<button type="button" class="quiet"
          onClick=${() => refine({ before: data.next })}>Older</button>`}
      </div>
    `}<//>
  `;
}

function Filters({ filters, filtered }) {
  const [first, ...more] = FILTERS;
  const [open, setOpen] = useState(more.some(([name]) => filters[name]));
  const filter = ([name, label, kind]) => html`<${Filter} key=${name} name=${name} label=${label} kind=${kind}
    value=${filters[name]} />`;
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      ${filter(first)}
      <button type="button" class="filter-toggle" aria-expanded=${open ? "true" : "false"}
        onClick=${() => setOpen(!open)}>Filter</button>
      <div class=${`filter-more ${open ? "open" : ""}`}>${more.map(filter)}</div>
      ${filtered && html`<button type="button" class="quiet"
        onClick=${() => refine({ ...Object.fromEntries(FILTERS.map(([name]) => [name, ""])), before: "" })}>Clear</button>`}
    </form>
  `;
}

// Typed text is asked for once the typing rests.
function Filter({ name, label, kind, value }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => refine({ [name]: typed, before: "" }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  if (kind === "select") {
    return html`<label class="field">${label}
      <select value=${typed} onChange=${(event) => setTyped(event.target.value)}>
        <option value="">any</option>
        ${OUTCOMES.map((each) => html`<option key=${each} value=${each}>${each.replace("_", " ")}</option>`)}
      </select></label>`;
  }
  return html`<label class="field">${label}
    <input type=${name === "q" ? "search" : "text"} value=${typed} spellcheck=${false} autocomplete="off"
      onInput=${(event) => setTyped(event.target.value)} /></label>`;
}
