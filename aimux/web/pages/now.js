// Now: is it up, who answers, how fast, what does it cost, what is about to run out.

import { useAnswer } from "../api.js";
import { html } from "../html.js";
import { Empty, Section, State, Title } from "../parts.js";
import { linkTo } from "../router.js";
import { now, useKnown, useTick } from "../store.js";
import { count, exact, share, span, today, usd } from "../words.js";
import { FirstSteps, useFresh } from "./first.js";
import { ExchangeRows } from "./rows.js";
import { Alerts, Budgets, Providers, Reload, Sessions } from "./standing.js";
import { Strip } from "./strip.js";

const SHOWN = 14;
const COST_EVERY_MS = 15_000;

export function Now() {
  const { status, exchanges } = useKnown();
  const fresh = useFresh(status, exchanges);
  if (fresh === null) return html`<${Title}>Now<//><p class="empty" aria-busy="true">Asking the daemon…</p>`;
  if (fresh) return html`<${FirstSteps} status=${status} />`;
  return html`
    <${Title} under=${html`<${Sentence} status=${status} />`}>Now<//>
    <${Reload} status=${status} />
    <${Notices} notices=${status.notices} />
    <${Figures} status=${status} />
    <${Strip} exchanges=${exchanges} />
    <div class="two">
      <div>
        <${Section} title="Exchanges" aside=${html`<a href=${linkTo("exchanges")}>All exchanges</a>`}>
          ${exchanges.length
            ? html`<${ExchangeRows} exchanges=${exchanges.slice(0, SHOWN)} />`
            : html`<${Empty}>No request since the daemon started.<//>`}
        <//>
      </div>
      <div>
        <${Providers} status=${status} exchanges=${exchanges} />
        <${Budgets} budgets=${status.budgets} />
        <${Sessions} />
        <${Alerts} />
      </div>
    </div>
  `;
}

const STATES = {
  running: ["ok", "Running"],
  degraded: ["warn", "Running, with a provider that cannot be used"],
  starting: ["busy", "Starting"],
  draining: ["warn", "Ending"],
};

function Sentence({ status }) {
  useTick(10_000);
  const [look, words] = STATES[status.state] ?? ["warn", status.state];
  const up = now() - Date.parse(status.started_at);
  return html`
    <${State} look=${look}>${words}<//>
    <span class="parts"><span class="mono">${status.address}</span><span>up ${span(Math.max(0, up))}</span>
      <span>${exact(status.requests)} requests</span><span>${Math.round(status.memory_mb)} MB</span></span>
  `;
}

const Notices = ({ notices }) => notices.length > 0 && html`
  <ul class="notices" aria-label="Notices">
    ${notices.map((notice) => html`<li key=${notice}><${State} look="warn">${notice}<//></li>`)}
  </ul>
`;

function Figures({ status }) {
  const { recent } = status;
  const day = useToday();
  const perSecond = recent.requests_per_min / 60;
  return html`
    <dl class="figures">
      <${Figure} label="Requests"
        value=${perSecond >= 10 ? exact(Math.round(perSecond)) : perSecond.toFixed(perSecond >= 1 ? 1 : 2)}
        unit="/s" under=${`${exact(Math.round(recent.requests_per_min))} a minute`} />
      <${Figure} label="Open" value=${exact(status.in_flight)}
        under=${`${exact(status.connections)} client connections`} />
      <${Figure} label="First token" value=${span(recent.first_event_p50_ms)}
        under=${recent.first_event_p95_ms == null ? "the middle one" : `19 of 20 within ${span(recent.first_event_p95_ms)}`} />
      <${Figure} label="Errors" value=${share(recent.error_rate)} look=${recent.error_rate > 0.05 ? "bad" : ""}
        under=${`in the last ${Math.round(recent.minutes)} minutes`} />
      <${Figure} label="Tokens today" value=${day ? count(day.input_tokens + day.output_tokens) : "–"}
        under=${day ? `${count(day.input_tokens)} in, ${count(day.output_tokens)} out` : " "} />
      <${Figure} label="Cost today" value=${day ? usd(day.cost_usd) : "–"}
        under=${day?.unknown_cost ? `${exact(day.unknown_cost)} without a price` : day?.cache_share != null ? `${share(day.cache_share)} from the cache` : " "} />
    </dl>
  `;
}

const Figure = ({ label, value, unit, under, look = "" }) => html`
  <div class="figure">
    <dt>${label}</dt>
    <dd class=${`value ${look}`}>${value}${unit && html`<span class="unit">${unit}</span>`}</dd>
    <dd class="under">${under}</dd>
  </div>
`;

const NOTHING = { input_tokens: 0, output_tokens: 0, cost_usd: 0, unknown_cost: 0, cache_share: null };

/** Today's sums; null as long as nobody has told them. */
function useToday() {
  const { data } = useAnswer("/usage?since=1d&by=day", COST_EVERY_MS);
  if (!data) return null;
  return data.rows.find((row) => row.name === today(now())) ?? NOTHING;
}
