// The try-out: what would become of a request, without sending it.

import { post } from "../api.js";
import { Fields } from "../fields.js";
import { html, useState } from "../html.js";
import { Failed, Section, State } from "../parts.js";
import { count, usd } from "../words.js";
import { requestOf } from "./request.js";

const FIELDS = [
  ["model", "Model", "text", { needed: true, placeholder: "claude-sonnet-5-5" }],
  ["tokens", "Size of the prompt, in tokens", "number", { placeholder: "any" }],
  ["client", "Client", "select", { options: ["", "claude-code", "codex", "gemini-cli", "opencode"] }],
  ["thinking", "Thinking", "select", { options: ["", "off", "on", "low", "medium", "high", "max"] }],
  ["images", "With an image", "check"],
  ["tools", "With tools", "check"],
];

export function TryOut({ routes }) {
  const [values, setValues] = useState({ client: "claude-code" });
  const [stage, setStage] = useState({ plan: null, error: null, busy: false });
  const submit = async (event) => {
    event.preventDefault();
    setStage({ plan: null, error: null, busy: true });
    try {
      setStage({ plan: await post("/routes/test", requestOf(values)), error: null, busy: false });
    } catch (error) {
      setStage({ plan: null, error, busy: false });
    }
  };
  return html`
    <${Section} title="Try a request" aside=${html`<span class="soft">nothing is sent</span>`}>
      <form class="try" onSubmit=${submit}>
        <${Fields} fields=${FIELDS} values=${values} onChange=${setValues} />
        <div class="actions"><button type="submit" class="primary"
          disabled=${stage.busy || !values.model?.trim()}>Show the plan</button></div>
      </form>
      <div aria-live="polite">
        ${stage.error && html`<${Failed} error=${stage.error} />`}
        ${stage.plan && html`<${Plan} plan=${stage.plan} />`}
      </div>
    <//>
  `;
}

function Plan({ plan }) {
  const looked = plan.rules.findIndex((each) => each.matches);
  const rules = looked < 0 ? plan.rules : plan.rules.slice(0, looked + 1);
  return html`
    <div class="plan">
      <p class="plan-words">It ${plan.summary}.</p>
      <h3>Rules</h3>
      <ul class="plain-list">
        ${rules.map((each) => html`
          <li key=${each.name}><${State} look=${each.matches ? "ok" : "off"}><span>${each.name}${each.matches
            ? html` <span class="soft">holds: ${each.conditions || "every request"}</span>`
            : html` <span class="soft">does not: ${each.unmet.join("; ")}</span>`}</span><//></li>`)}
        ${looked < 0 && html`<li><${State} look="ok">
          ${plan.route === "direct" ? "the request names its target itself" : "no rule matches: the default holds"}
          <//></li>`}
      </ul>
      <h3>Targets <span class="soft">${plan.strategy}</span></h3>
      <ol class="candidates">
        ${plan.targets.map((each, place) => html`
          <li key=${each.target}>
            <span class="place num" aria-hidden="true">${place + 1}</span>
            <span class="break">${each.target}</span>
            <span class="soft num">${targetWords(each)}</span>
            ${!each.now && html`<span class="tag warn">not now</span>`}
            ${(each.behind || each.refusal || each.dropped.length > 0) && html`
              <p class="under-target soft">
                ${[each.refusal, each.behind, each.dropped.length ? `drops ${each.dropped.join(", ")}` : ""].filter(Boolean).join("; ")}</p>`}
          </li>`)}
      </ol>
      ${plan.left_out.length > 0 && html`
        <h3>Left out</h3>
        <dl class="reasons">${plan.left_out.map((each) => html`<div><dt class="break">${each.target}</dt><dd>
          ${each.reason}</dd></div>`)}</dl>`}
      ${plan.notes.length > 0 && html`<ul class="plain-list soft">${plan.notes.map((each) => html`<li>${each}
        </li>`)}</ul>`}
    </div>
  `;
}

const targetWords = (each) => [
  each.mode,
  each.cost_usd == null ? "price unknown" : `about ${usd(each.cost_usd)}`,
  each.cached_tokens && `${count(each.cached_tokens)} cached`,
  each.words,
].filter(Boolean).join(", ");
