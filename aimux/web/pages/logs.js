// Logs: the end of the log, filtered, followed.

import { useAnswer, withQuery } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Answer, Choice, Empty, Title } from "../parts.js";
import { linkTo, refine } from "../router.js";
import { timeOf, wholeTime } from "../words.js";

const LIMIT = 200;
const EVERY_MS = 2500;
const TYPING_MS = 300;
const LEVELS = [["", "all"], ["info", "info"], ["warning", "warnings"], ["error", "errors"]];
const SHOWN_APART = new Set(["ts", "level", "logger", "message", "traceback", "stack", "request_id"]);

export default function Logs({ where }) {
  const filters = { level: where.query.get("level") ?? "", request: where.query.get("request") ?? "", q: where.query.get("q") ?? "" };
  const [follows, setFollows] = useState(true);
  const answer = useAnswer(withQuery("/logs", { limit: LIMIT, ...filters }), follows ? EVERY_MS : 0);
  return html`
    <${Title} aside=${html`<label class="check"><input type="checkbox" checked=${follows}
      onChange=${(event) => setFollows(event.target.checked)} />Follow</label>`}>Logs<//>
    <form class="filters log-filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${Typed} name="q" label="Search" value=${filters.q} />
      <${Typed} name="request" label="Exchange" value=${filters.request} />
      <div class="field"><span>Least level</span><${Choice} label="Least level" value=${filters.level}
        options=${LEVELS} onChange=${(level) => refine({ level })} /></div>
    </form>
    <${Answer} answer=${answer}>${({ lines }) =>
      lines.length
        ? html`<ol class="log" aria-label="Lines of the log, the newest first">
          ${lines.toReversed().map((line, at) => html`<${Line} key=${`${line.ts} ${lines.length - at}`}
          line=${line} />`)}</ol>`
        : html`<${Empty}>No line matches.<//>`}<//>
  `;
}

function Line({ line }) {
  const facts = Object.entries(line).filter(([name, value]) => !SHOWN_APART.has(name) && value !== null);
  return html`
    <li>
      <time class="soft" datetime=${line.ts} title=${line.ts ? wholeTime(line.ts) : null}>
        ${line.ts ? timeOf(line.ts) : ""}</time>
      <span class=${`level ${line.level ?? ""}`}>${line.level ?? ""}</span>
      <div class="log-words"><span class=${line.level ?? ""}>${line.message ?? JSON.stringify(line)}</span>${" "}
        ${line.request_id && html`<a href=${linkTo("exchanges", [line.request_id])}>${line.request_id}</a> `}
        <span class="log-facts">${facts.map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`).join("  ")}</span>
        ${(line.traceback ?? line.stack) && html`<details><summary class="link-summary">traceback</summary><pre>
          ${line.traceback ?? line.stack}</pre></details>`}
      </div>
    </li>
  `;
}

function Typed({ name, label, value }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => refine({ [name]: typed.trim() }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`<label class="field">${label}<input type="search" value=${typed} spellcheck=${false}
    autocomplete="off" onInput=${(event) => setTyped(event.target.value)} /></label>`;
}
