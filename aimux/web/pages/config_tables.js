// Budgets and alerts: tables of the file that one adds to, changes and takes out.

import { post } from "../api.js";
import { Problems, keyOf, problemsOf } from "../change.js";
import { Fields, edited } from "../fields.js";
import { html, useState } from "../html.js";
import { Empty, Section, State } from "../parts.js";
import { SettingsForm, fieldsOf, tableAt } from "../settings.js";
import { change, useKnown } from "../store.js";
import { usd } from "../words.js";

export function Budgets({ config, schema, shared }) {
  const budgets = config.values.budgets ?? {};
  const fields = fieldsOf(schema, tableAt(schema, ["budgets", "any"]));
  const { status } = useKnown();
  return html`
    <${Section} title="Budgets" aside=${html`<span class="soft">amounts that are not to be passed</span>`}>
      ${Object.keys(budgets).length
        ? html`<ul class="blocks">${Object.entries(budgets).map(([name, held]) => {
            const now = status?.budgets.find((each) => each.name === name);
            return html`
              <li key=${name} class="block">
                <div class="block-head"><h3 class="name">${name}</h3><span class="num soft">
                  ${now ? `${usd(now.spent_usd)} of ${usd(now.limit_usd)} spent` : ""}</span></div>
                <p>${budgetWords(held)}</p>
                <details class="more" open=${hasProblems(shared, keyOf("budgets", name))}><summary
                  aria-label=${`Change the budget ${name}`}>Change</summary>
                  <${SettingsForm} path=${["budgets", name]} fields=${fields} held=${held} shared=${shared}
                    words=${`Budget ${name}`} dense=${true} /></details>
                <div class="actions tight"><button type="button" class="quiet danger" disabled=${shared.busy}
                  aria-label=${`Remove the budget ${name}`} onClick=${() => shared.review([{ key: keyOf("budgets", name), unset: true }], `Remove the budget ${name}`)}>Remove</button></div>
              </li>`;
          })}</ul>`
        : html`<${Empty}>There is no budget: nothing limits what is spent.<//>`}
    <//>
    <${Section} title="Add a budget">
      <${NewTable} fields=${[["name", "Name", "text", { needed: true, placeholder: "daily" }], ...fields]}
        start=${{ scope: "all", window: "day", at_limit: "stop" }}
        taken=${budgets} shared=${shared} needs=${["name", "limit_usd"]} words="budget"
        edit=${({ name, ...table }) => [{ key: keyOf("budgets", name), value: table }]} prefix=${(name) => keyOf("budgets", name ?? "")} />
    <//>
  `;
}

function budgetWords(held) {
  const what = held.scope === "all" ? "Everything" : held.scope;
  const others = `${(held.targets ?? []).join(", ") || "other targets"} are asked`;
  const then = held.at_limit === "stop" ? "requests are refused" : others;
  return `${what} may cost ${usd(held.limit_usd)} a ${held.window}; then ${then}.`;
}

const hasProblems = (shared, key) => problemsOf(shared.problems, key).length > 0;

const LOOKS = { firing: "bad", fading: "warn", waiting: "warn", quiet: "ok" };

export function Alerts({ config, schema, shared }) {
  const alerts = config.values.alerts ?? [];
  const fields = fieldsOf(schema, { ...schema.$defs.AlertSettings });
  const { alerts: states } = useKnown();
  return html`
    <${Section} title="Alerts" aside=${html`<span class="soft">conditions to be told of</span>`}>
      ${alerts.length
        ? html`<ol class="blocks">${alerts.map((held, at) => {
            const state = states.find((each) => each.number === at)?.state;
            return html`
              <li key=${`${at} ${held.when}`} class="block">
                <div class="block-head"><h3 class="name mono">${held.when}</h3>${state && html`<${State}
                  look=${LOOKS[state]}>${state}<//>`}</div>
                <p>Told to ${(held.notify ?? []).join(", ") || "nobody"}.</p>
                <details class="more" open=${hasProblems(shared, keyOf("alerts", at))}><summary
                  aria-label=${`Change the alert ${held.when}`}>Change</summary>
                  <${SettingsForm} path=${["alerts", at]} fields=${fields} held=${held} shared=${shared}
                    words=${`Alert ${at + 1}`} dense=${true} /></details>
                <div class="actions tight"><${TestAlert} at=${at} />
                  <button type="button" class="quiet danger" disabled=${shared.busy}
                    aria-label=${`Remove the alert ${held.when}`} onClick=${() => shared.review([{ key: keyOf("alerts", at), unset: true }], `Remove an alert`)}>Remove</button></div>
              </li>`;
          })}</ol>`
        : html`<${Empty}>There is no alert.<//>`}
    <//>
    <${Section} title="Add an alert">
      <${NewTable} fields=${fields} start=${{ notify: "log" }} taken=${{}} shared=${shared} needs=${["when"]}
        words="alert"
        edit=${(table) => [{ key: keyOf("alerts", alerts.length), value: table }]} prefix=${() => keyOf("alerts", alerts.length)} />
    <//>
  `;
}

function TestAlert({ at }) {
  const test = async () => {
    const words = await post("/alerts/test", { alert: at }).then(
      ({ told }) => told.map((each) => `${each.place}: ${each.problem ?? "told"}`).join("; ") || "It notifies nobody",
      (error) => error.message,
    );
    change({ said: { words } });
  };
  return html`<button type="button" class="quiet" aria-label=${`Test alert ${at + 1}`}
    onClick=${test}>Send a test</button>`;
}

/** A form for a table that is not there yet. */
function NewTable({ fields, start, taken, shared, needs, words, edit, prefix }) {
  const [values, setValues] = useState(start);
  const table = edited(fields, {}, values);
  for (const key of Object.keys(table)) if (table[key] === null || table[key] === false) delete table[key];
  const submit = (event) => {
    event.preventDefault();
    shared.review(edit(table), `Add the ${words}${table.name ? ` ${table.name}` : ""}`);
  };
  const ready = needs.every((key) => table[key] != null) && !(table.name in taken);
  const below = prefix(values.name);
  return html`
    <form onSubmit=${submit}>
      ${!(values.name in taken) && html`<${Problems} problems=${problemsOf(shared.problems, below)}
        except=${fields.map(([key]) => `${below}.${key}`)} />`}
      <${Fields} fields=${fields} values=${values} onChange=${setValues} problems=${shared.problems}
        prefix=${below} />
      <div class="actions"><button type="submit" class="primary" disabled=${shared.busy || !ready}>Review</button>
        </div>
    </form>
  `;
}
