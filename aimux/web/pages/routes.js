// Routes: the rules as sentences, in the order in which they are asked; a try-out; and another order.

import { useAnswer } from "../api.js";
import { Problems, keyOf, useReview } from "../change.js";
import { html, useEffect, useState } from "../html.js";
import { Ordered } from "../ordered.js";
import { Answer, Empty, Failed, Section, Title } from "../parts.js";
import { useKnown } from "../store.js";
import { Fields, edited } from "../fields.js";
import { SettingsForm, fieldsOf, tableAt } from "../settings.js";
import { TryOut } from "./tryout.js";

export default function Routes() {
  const routes = useAnswer("/routes");
  const config = useAnswer("/config");
  const schema = useAnswer("/config/schema");
  const again = () => {
    routes.again();
    config.again();
  };
  return html`
    <${Title} under="The first rule whose conditions all hold decides. Its targets are asked in order.">Routes<//>
    <${Answer} answer=${routes}>${(data) => html`
      <div class="two">
        <div><${Rules} data=${data} config=${config.data} schema=${schema.data} again=${again} /></div>
        <div><${TryOut} routes=${data} /></div>
      </div>`}<//>
  `;
}

function Rules({ data, config, schema, again }) {
  const { status } = useKnown();
  const reviewed = useReview(config?.etag, again);
  const { review, dialog, problems, error } = reviewed;
  const busy = reviewed.busy || !config;
  const targets = new Set([
    ...Object.keys(data.models),
    ...data.default,
    ...data.routes.flatMap((each) => each.targets),
    ...(status?.providers ?? []).map((each) => `${each.name}/*`),
  ]);
  const shared = { review, busy, known: [...targets] };
  // Right behind a change one of the two answers still has the order before it.
  const placeOf = (rule, at) => {
    const rules = config?.values.routes ?? [];
    return rules[at]?.name === rule.name ? at : rules.findIndex((each) => each.name === rule.name);
  };
  const moved = (rule, index, by) =>
    review([{ table: "routes", index, move_to: index + by }], `Move the rule ${rule.name}`);
  return html`
    ${error && html`<${Failed} error=${error} />`}
    <${Problems} problems=${problems} except=${data.routes.map((_, at) => keyOf("routes", at))} />
    <${Section} title="Rules" aside=${html`<span class="soft">asked from the top</span>`}>
      ${data.routes.length ? html`
        <ol class="blocks">
          ${data.routes.map((rule, at) => {
            const place = placeOf(rule, at);
            return html`
            <li key=${rule.name} class="block">
              <${Targets} name=${rule.name} title=${html`<span class="soft num">${at + 1} </span>${rule.name}`}
                sentence=${rule.sentence}
                strategy=${rule.strategy} items=${rule.targets} path=${keyOf("routes", place, "targets")} ...${shared}
                busy=${busy || place < 0}
                aside=${html`
                  <button type="button" class="icon" disabled=${at === 0 || busy || place < 0}
                    aria-label=${`Ask the rule ${rule.name} earlier`} onClick=${() => moved(rule, place, -1)}>↑</button>
                  <button type="button" class="icon" disabled=${at === data.routes.length - 1 || busy || place < 0}
                    aria-label=${`Ask the rule ${rule.name} later`} onClick=${() => moved(rule, place, 1)}>↓</button>`} />
              ${schema && place >= 0 && html`
                <details class="more"><summary
                  aria-label=${`Conditions of ${rule.name}`}>Conditions and settings</summary>
                  <${SettingsForm} path=${["routes", place]}
                    fields=${fieldsOf(schema, tableAt(schema, ["routes"])).filter(([key]) => key !== "targets")} held=${config.values.routes[place]}
                    shared=${{ ...reviewed, busy }} words=${`The rule ${rule.name}`} dense=${true} />
                  <div class="actions tight"><button type="button" class="quiet danger" disabled=${busy}
                    aria-label=${`Remove the rule ${rule.name}`} onClick=${() => review([{ key: keyOf("routes", place), unset: true }], `Remove the rule ${rule.name}`)}>Remove the rule</button></div>
                </details>`}
            </li>`;
          })}
        </ol>
      ` : html`<${Empty}>There are no rules: every request goes by the default below.<//>`}
      <${NewRule} review=${review} busy=${shared.busy} count=${data.routes.length} problems=${problems} />
    <//>
    <${Section} title="Otherwise">
      <div class="block bare">
        <${Targets} name="the default" sentence=${data.default_sentence} items=${data.default}
          path="routing.default" ...${shared} />
        <p class="soft">In a target, * is the model that the client asks for.</p>
      </div>
    <//>
    ${Object.keys(data.models).length > 0 && html`
      <${Section} title="Model names of your own">
        <ul class="blocks">
          ${Object.entries(data.models).map(([name, model]) => html`
              <li key=${name} class="block">
                <${Targets} name=${name} title=${name} sentence=${model.sentence} strategy=${model.strategy}
                  items=${model.targets} path=${keyOf("models", name, "targets")} ...${shared} />
              </li>`)}
        </ul>
      <//>
    `}
    ${dialog}
  `;
}

/** The targets of one rule; another order is kept here until it is reviewed or dropped. */
function Targets({ name, title, sentence, strategy, items, path, review, busy, known, aside }) {
  const [order, setOrder] = useState(items);
  useEffect(() => setOrder(items), [items]);
  const differs = order.join("\n") !== items.join("\n");
  return html`
    ${title && html`<div class="block-head"><h3 class="name">${title}</h3><span class="row-tools">
      ${strategy && html`<span class="soft">${strategy}</span>`}${aside}</span></div>`}
    <p class="sentence break">${sentence[0].toUpperCase() + sentence.slice(1)}.</p>
    <${Ordered} items=${order} label=${`the targets of ${name}`} known=${known} onChange=${setOrder} />
    ${differs && html`
      <div class="actions">
        <button type="button" class="primary" disabled=${busy}
          onClick=${() => review([{ key: path, value: order }], `Targets of ${name}`)}>Review the change</button>
        <button type="button" onClick=${() => setOrder(items)}>Drop it</button>
      </div>
    `}
  `;
}

// ---------------------------------------------------------------- a rule more

const RULE = [
  ["name", "Name", "text", { needed: true }],
  ["targets", "Targets", "list", { needed: true, help: "provider/model, one a line or parted by commas" }],
  ["match.model", "Model is like", "text", { help: "a glob, such as claude-*haiku*" }],
  ["match.client", "Client", "text", { help: "claude-code, codex, gemini-cli, opencode or a token’s name" }],
  ["match.min_input_tokens", "At least so many tokens", "number"],
  ["match.thinking", "Thinking", "select", { options: ["", "off", "on", "low", "medium", "high", "max"] }],
  ["match.images", "Only with images", "check"],
  ["strategy", "Strategy", "select", { options: ["", "priority", "weighted", "round-robin", "fastest", "cheapest", "least-busy", "adaptive"] }],
];

function NewRule({ review, busy, count, problems }) {
  const [values, setValues] = useState({});
  const table = {};
  for (const [key, value] of Object.entries(edited(RULE, {}, values))) {
    const [first, second] = key.split(".");
    if (second) (table[first] ??= {})[second] = value;
    else table[first] = value;
  }
  const submit = (event) => {
    event.preventDefault();
    review([{ key: keyOf("routes", count), value: table }], `Add the rule ${table.name}`);
  };
  return html`
    <details class="more">
      <summary>Add a rule</summary>
      <form onSubmit=${submit}>
        <${Fields} fields=${RULE} values=${values} onChange=${setValues} problems=${problems}
          prefix=${keyOf("routes", count)} />
        <div class="actions"><button type="submit" class="primary"
          disabled=${busy || !table.name || !table.targets}>Review the rule</button></div>
        <p class="soft">It is asked last; move it up where it should be asked earlier.</p>
      </form>
    </details>
  `;
}
