// How things stand: providers and their windows, budgets, sessions, alerts.

import { post, useAnswer } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Meter, Section, State } from "../parts.js";
import { linkTo } from "../router.js";
import { change, known, now, useKnown, useTick } from "../store.js";
import { count, quantile, roughly, share, some, span, usd } from "../words.js";

const SESSIONS_EVERY_MS = 10_000;
const NEARLY = 0.8;

// ---------------------------------------------------------------- providers

export function Providers({ status, exchanges }) {
  const shown = [...status.providers].sort((a, b) => Number(b.enabled) - Number(a.enabled));
  return html`
    <${Section} title="Providers" aside=${html`<a href=${linkTo("configuration")}>Configure</a>`}>
      <ul class="blocks">
        ${shown.map((each) => html`<li key=${each.name} class="block"><${Provider} facts=${each}
          ms=${firstEvents(exchanges, each.name)} /></li>`)}
      </ul>
    <//>
  `;
}

function Provider({ facts, ms }) {
  const [look, words] = standing(facts);
  const numbers = [
    ms.length && `${span(quantile(ms, 0.5))} to the first token`,
    facts.in_flight && `${facts.in_flight} open`,
    some(facts.requests, "request"),
    facts.failures && `${facts.failures} failed`,
  ].filter(Boolean);
  return html`
    <div class="block-head">
      <h3 class="name">${facts.name}</h3>
      <${State} look=${look}>${words}<//>
    </div>
    ${facts.enabled && html`<p class="parts soft num">${numbers.map((each) => html`<span key=${each}>${each}
      </span>`)}</p>`}
    ${facts.key_problem && html`<p class="words warn">${facts.key_problem}</p>`}
    <${Troubles} facts=${facts} />
    ${facts.quotas.length > 0 && html`<ul class="quotas">${facts.quotas.map((quota) => html`<${Quota}
      quota=${quota} />`)}</ul>`}
  `;
}

const KEYS = { missing: "no key", locked: "key locked", refused: "key refused" };

/** How a provider stands, in a word or two: [look, words]. */
export function standing(facts) {
  if (!facts.enabled) return ["off", "disabled"];
  if (KEYS[facts.key]) return ["bad", KEYS[facts.key]];
  if (facts.health === "cooling") return ["warn", facts.usable ? "partly resting" : "resting"];
  if (!facts.usable) return ["bad", "unusable"];
  return facts.health === "ok" ? ["ok", "ok"] : ["off", "not asked yet"];
}

function Troubles({ facts }) {
  const [busy, setBusy] = useState(false);
  if (!facts.troubles.length) {
    return facts.health_reason && facts.health === "cooling" ? html`<p class="words warn">${facts.health_reason}
      </p>` : null;
  }
  const reset = () => {
    setBusy(true);
    post(`/providers/${encodeURIComponent(facts.name)}/reset`)
      .then((done) => change({ said: { words: `${facts.name} is asked again; forgotten: ${some(done.ended.length, "trouble")}` } }))
      .catch((error) => change({ said: { words: error.message } }))
      .finally(() => setBusy(false));
  };
  return html`
    <ul class="troubles">
      ${facts.troubles.map((each) => html`
        <li><span class="trouble-what">${each.what === "circuit" ? "all of it" : `${each.what} ${each.which}`}
          </span>
          ${" "}${each.state}${each.for_s > 0 ? html`, ${roughly(each.for_s * 1000)} more` : ""}: ${each.reason}
            </li>
      `)}
    </ul>
    <button type="button" class="quiet" disabled=${busy} onClick=${reset}>Forget and ask again</button>
  `;
}

function Quota({ quota }) {
  useTick(10_000);
  const part = quota.used ?? (quota.limit ? 1 - (quota.remaining ?? 0) / quota.limit : null);
  const look = quota.state === "rejected" || part >= 0.98 ? "bad" : quota.state === "warning" || part >= NEARLY ? "warn" : "ok";
  const whose = [quota.window, quota.model, quota.key && quota.key !== "default" ? `key ${quota.key}` : ""].filter(Boolean).join(", ");
  const left = quota.resets_at ? Date.parse(quota.resets_at) - now() : null;
  return html`
    <li class="quota">
      <span class="quota-name">${whose}</span>
      ${part == null
        ? html`<span class="soft num">${quota.remaining == null ? quota.state : `${count(quota.remaining)} left`}
          </span>`
        : html`<${Meter} part=${part} look=${look} label=${`${whose}, used`} />`}
      <span class="quota-words num">${part == null ? "" : share(part)}${left > 0 ? html`<span
        class="soft"> · new in ${roughly(left)}</span>` : ""}${quota.stale ? html`<span
        class="soft"> · old</span>` : ""}</span>
    </li>
  `;
}

/** Milliseconds to the first event of the provider's latest answers. */
function firstEvents(exchanges, name) {
  return exchanges
    .flatMap((each) => each.attempts)
    .filter((each) => each.provider === name && each.first_event_ms != null)
    .slice(0, 100)
    .map((each) => each.first_event_ms);
}

// ---------------------------------------------------------------- the file

/** What is said while the file on the disk is another one than the one that holds. */
export function Reload({ status, onDone = () => {} }) {
  const [problem, setProblem] = useState(null);
  if (!status?.config_changed_on_disk) return null;
  const reload = () =>
    post("/reload").then(
      (done) => {
        setProblem(null);
        change({ said: { words: `Reloaded as configuration ${done.generation}` } });
        onDone();
      },
      setProblem,
    );
  return html`
    <div class="banner warn">
      <div><${State} look="warn">config.toml has changed on the disk and is not applied yet.<//>
        ${problem && html`<p class="words bad">${[problem.message, ...problem.problems.map(String)].join("; ")}
          </p>`}</div>
      <button type="button" class="quiet" onClick=${reload}>Reload it</button>
    </div>
  `;
}

// ---------------------------------------------------------------- budgets

export const Budgets = ({ budgets, title = "Budgets" }) => budgets.length > 0 && html`
  <${Section} title=${title}>
    <ul class="blocks">${budgets.map((each) => html`<li key=${each.name} class="block"><${Budget} budget=${each} />
      </li>`)}</ul>
  <//>
`;

function Budget({ budget }) {
  const used = budget.spent_usd + budget.reserved_usd;
  const look = { spent: "bad", warning: "warn" }[budget.state] ?? "ok";
  const rest = Math.max(0, budget.limit_usd - used);
  const left = budget.ends_at ? Date.parse(budget.ends_at) - now() : null;
  return html`
    <div class="block-head">
      <h3 class="name">${budget.name}</h3>
      <span class="num"><strong>${usd(rest)}</strong> <span class="soft">left of ${usd(budget.limit_usd)}</span>
        </span>
    </div>
    <${Meter} part=${used / budget.limit_usd} look=${look} label=${`Budget ${budget.name}, spent`} />
    <p class="parts soft num"><span>${budget.scope === "all" ? "everything" : budget.scope}, by ${budget.window}
      </span>
      ${left > 0 && html`<span>new in ${roughly(left)}</span>`}
      <span>then ${budget.at_limit === "stop" ? "requests are refused" : "other targets are asked"}</span></p>
  `;
}

// ---------------------------------------------------------------- sessions

export function Sessions() {
  const { data } = useAnswer("/sessions", SESSIONS_EVERY_MS);
  useEffect(() => {
    if (data) change({ sessions: data.sessions });
  }, [data]);
  const { sessions } = known;
  if (!sessions.length) return null;
  return html`
    <${Section} title="Sessions" aside=${html`<span class="soft">pinned while their cache is warm</span>`}>
      <ul class="blocks">
        ${sessions.slice(0, 8).map((each) => html`
          <li key=${each.session} class="block">
            <div class="block-head">
              <a class="mono cut" href=${linkTo("exchanges", [], { session: each.session })} title=${each.session}>
                ${each.session}</a>
              <span class="num soft">${each.cached_tokens ? `${count(each.cached_tokens)} cached` : ""}</span>
            </div>
            <p class="parts soft num"><span class="ink">${each.target}</span>
              <span>${roughly(each.last_used_s * 1000)} ago</span>
              ${each.expires_s > 0 && html`<span>warm for ${roughly(each.expires_s * 1000)}</span>`}</p>
          </li>
        `)}
      </ul>
      ${sessions.length > 8 && html`<p class="soft">${sessions.length - 8} more</p>`}
    <//>
  `;
}

// ---------------------------------------------------------------- alerts

const ALERTS = { firing: "bad", fading: "warn", waiting: "warn", quiet: "ok" };

export function Alerts() {
  const { alerts } = useKnown();
  if (!alerts.length) return null;
  const order = Object.keys(ALERTS);
  const shown = [...alerts].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return html`
    <${Section} title="Alerts">
      <ul class="blocks">
        ${shown.map((each) => html`
          <li key=${each.number} class="block">
            <div class="block-head">
              <span class="mono">${each.when}</span>
              <${State} look=${ALERTS[each.state]}>${each.state}<//>
            </div>
            ${each.state !== "quiet" && html`<p class="parts soft num">
              ${each.value != null && html`<span>now ${Number(each.value.toPrecision(3))}</span>`}
              ${each.since && html`<span>for ${roughly(now() - Date.parse(each.since))}</span>`}</p>`}
          </li>
        `)}
      </ul>
    <//>
  `;
}

