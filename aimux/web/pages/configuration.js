// Configuration: what stands in config.toml, each part with a form, and the file itself.

import { useAnswer } from "../api.js";
import { Problems, problemWords, undo, useReview } from "../change.js";
import { html } from "../html.js";
import { Answer, Failed, Section, State, Title } from "../parts.js";
import { linkTo } from "../router.js";
import { useKnown } from "../store.js";
import { SettingsForm, fieldsOf, tableAt } from "../settings.js";
import { dayAndTime } from "../words.js";
import { Editor } from "./config_file.js";
import { Providers } from "./config_providers.js";
import { Alerts, Budgets } from "./config_tables.js";
import { Reload } from "./standing.js";

const SECTIONS = [
  ["server", "Server"],
  ["logging", "Logging"],
  ["routing", "Routing"],
  ["ledger", "Ledger"],
  ["replay", "Replay"],
];

// Name, words, what shows it, and the keys whose problems it shows itself (of the file, all).
const TABS = [
  ["providers", "Providers", Providers, ["providers"]],
  ["budgets", "Budgets", Budgets, ["budgets"]],
  ["alerts", "Alerts", Alerts, ["alerts"]],
  ["server", "Server", Server, SECTIONS.map(([name]) => name)],
  ["file", "The file", Editor, null],
];

export default function Configuration({ where }) {
  const config = useAnswer("/config");
  const schema = useAnswer("/config/schema");
  const { status } = useKnown();
  const tab = TABS.find(([name]) => name === where.parts[0]) ?? TABS[0];
  return html`
    <${Title} under=${html`<span class="mono break">${config.data?.path ?? " "}</span>`}
      aside=${config.data?.undo.length > 0 && html`<button type="button"
        onClick=${() => undo(config.again)}>Take back the change of ${dayAndTime(config.data.undo.at(-1))}
        </button>`}>Configuration<//>
    <${Reload} status=${status} onDone=${config.again} />
    <nav class="tabs" aria-label="Parts of the configuration">
      ${TABS.map(([name, words]) => html`<a key=${name} href=${linkTo("configuration", [name])}
        aria-current=${name === tab[0] ? "page" : null}>${words}</a>`)}
      <a href=${linkTo("routes")}>Routes</a>
    </nav>
    <${Answer} answer=${config}>${(data) => html`
      <${Answer} answer=${schema}>${(shape) => html`<${Part} key=${tab[0]} part=${tab[2]} own=${tab[3]}
        config=${data} schema=${shape} again=${config.again} parts=${where.parts} />`}<//>`}<//>
  `;
}

/** One part with all that its forms need: the configuration, its schema, and the way to change it. */
function Part({ part, own, config, schema, again, parts }) {
  const shared = useReview(config.etag, again);
  return html`
    ${config.problems.length > 0 && html`
      <${Problems} problems=${config.problems} />
      <p class="soft">The file has problems: the daemon runs with the last one that had none. Forms are empty until they are mended in <a href=${linkTo("configuration", ["file"])}>the file</a>.</p>`}
    ${config.warnings.length > 0 && html`<ul class="notices after">${config.warnings.map((each) => html`<li
      key=${each.what}><${State} look="warn"><span>${each.key && html`<code>${each.key}
      </code> `}${problemWords(each)}</span><//></li>`)}</ul>`}
    ${shared.error && html`<div class="section"><${Failed} error=${shared.error} /></div>`}
    ${own && html`<${Problems} problems=${shared.problems} except=${own} />`}
    <${part} config=${config} schema=${schema} shared=${shared} again=${again} parts=${parts} />
    ${shared.dialog}
  `;
}

const ELSEWHERE = new Set(["routing.default"]);

function Server({ config, schema, shared }) {
  return SECTIONS.map(([name, words]) => {
    const table = tableAt(schema, [name]);
    const fields = fieldsOf(schema, table).filter(([key]) => !ELSEWHERE.has(`${name}.${key}`) && !key.startsWith("match."));
    return html`
      <${Section} key=${name} title=${words} aside=${html`<span class="soft">
        ${table.description?.replaceAll("``", "")}</span>`}>
        <${SettingsForm} path=${[name]} fields=${fields} held=${config.values[name] ?? {}} origins=${config.origins}
          shared=${shared} words=${`Settings of ${name}`} />
      <//>`;
  });
}
