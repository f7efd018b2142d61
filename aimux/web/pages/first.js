// The first run: three steps instead of empty charts.  Each is ticked off as it happens.

import { useAnswer } from "../api.js";
import { html } from "../html.js";
import { Command, State, Title } from "../parts.js";
import { linkTo } from "../router.js";

/**
 * Whether nothing has happened here yet: true, false, or null as long as the ledger has not said.
 *
 * A daemon that has just started remembers nothing either; the ledger knows of those before it.
 */
export function useFresh(status, exchanges) {
  const blank = status && !exchanges.length && status.requests === 0;
  const { data, error } = useAnswer(blank ? "/ledger?limit=1" : "");
  if (!blank) return status ? !exchanges.length && !status.providers.some((each) => each.enabled) : null;
  if (data) return data.exchanges.length === 0;
  return error ? true : null;
}

export function FirstSteps({ status }) {
  const enabled = status.providers.filter((each) => each.enabled);
  const provider = enabled[0]?.name ?? "NAME";
  const hasKey = enabled.some((each) => each.key === "ready" || each.key === "none-needed");
  const steps = [
    [enabled.length > 0, "Add a provider", html`
      <p>Choose one from the catalogue; its address, format, models and prices are known.</p>
      <p class="either"><a class="button" href=${linkTo("configuration", ["providers"])}>Choose a provider</a> <span
        class="soft">or</span>
        <${Command}>aimux providers add NAME<//></p>`],
    [hasKey, "Give it its key", html`
      <p>The key goes into the system’s keyring, never into a file in the clear, and is never shown again.</p>
      <p class="either"><a class="button" href=${linkTo("configuration", ["providers"])}>Set a key</a> <span
        class="soft">or</span>
        <${Command}>${`aimux keys set ${provider}`}<//></p>`],
    [false, "Send the first request", html`
      <p>Start an agent through aimux, or point any program at <span class="mono">${status.url}</span>.</p>
      <p class="either"><${Command}>aimux run claude-code<//> <span class="soft">or</span> <${Command}>
        ${'eval "$(aimux env)"'}<//></p>
      <p class="soft">This page shows it as soon as it comes in.</p>`],
  ];
  const next = steps.findIndex(([done]) => !done);
  return html`
    <${Title} under=${html`<${State} look="ok">aimux is running<//> <span class="parts"><span class="mono">
      ${status.address}</span></span>`}>Three steps to the first answer<//>
    <ol class="steps">
      ${steps.map(([done, words, body], place) => html`
        <li class=${`step ${done ? "done" : place === next ? "next" : ""}`}
          aria-current=${place === next ? "step" : null}>
          <span class="step-number" aria-hidden="true">${place + 1}</span>
          <div>
            <h2>${words}${done && html`<span class="soft"> · done</span>`}</h2>
            ${!done && body}
          </div>
        </li>
      `)}
    </ol>
  `;
}
