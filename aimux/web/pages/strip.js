// The strip: the last minutes as time, one line for each exchange, so that load, waiting, failing over
// and breaking off are seen before they are read.
//
// A line begins where its request came in.  It is thin until the first token and thick from there on;
// what still runs touches the right edge.  Lines lie in the first lane that is free.

import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { linkTo } from "../router.js";
import { now, useTick } from "../store.js";
import { outcome, some, span, target } from "../words.js";
import { lasted } from "./rows.js";

const WIDE_MS = 300_000;
const NARROW_MS = 120_000;
const LANE = 9;
const MOST_LANES = 12;
const LEAST_LANES = 3;

export function Strip({ exchanges }) {
  useTick(1000);
  const frame = useRef(null);
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  const windowMs = width < 500 ? NARROW_MS : WIDE_MS;
  const lines = laid(exchanges, now(), windowMs, width);
  const lanes = Math.max(LEAST_LANES, ...lines.map((each) => each.lane + 1));
  const height = lanes * LANE + 6;
  const minutes = windowMs / 60_000;
  return html`
    <figure class="strip" ref=${frame}>
      <svg width=${width} height=${height} role="group"
        aria-label=${`The last ${minutes} minutes: ${some(lines.length, "exchange")}, ${lines.filter((each) => each.look === "bad").length} failed`}>
        ${Array.from({ length: minutes - 1 }, (_, at) => html`
          <line key=${at} class="strip-minute" x1=${((at + 1) / minutes) * width} x2=${((at + 1) / minutes) * width}
            y1="0" y2=${height} />
        `)}
        ${lines.map((each) => html`<${Line} key=${each.facts.id} ...${each} />`)}
      </svg>
      <figcaption class="strip-scale" aria-hidden="true"><span>${minutes} min ago</span>
        <span class="strip-key"><i class="thin"></i> waiting <i class="thick"></i> answering</span><span>now</span>
          </figcaption>
    </figure>
  `;
}

function Line({ facts, look, lane, x, first, end }) {
  const y = lane * LANE + 3 + LANE / 2;
  const told = [facts.asked_model, target(facts), outcome(facts)[0], span(lasted(facts))].filter(Boolean);
  return html`
    <a href=${linkTo("exchanges", [facts.id])} tabindex="-1" aria-hidden="true">
      <title>${told.join(", ")}</title>
      <rect class="strip-hit" x=${x - 2} y=${y - LANE / 2} width=${Math.max(6, end - x + 4)} height=${LANE} />
      <rect class=${`strip-wait ${look}`} x=${x} y=${y - 1} width=${Math.max(1, first - x)} height="2" />
      ${end > first && html`<rect class=${`strip-run ${look}`} x=${first} y=${y - 2.5}
        width=${Math.max(2.5, end - first)} height="5" rx="1" />`}
    </a>
  `;
}

/** Exchanges as lines in pixels, each in a lane of its own as long as it lasts. */
export function laid(exchanges, at, windowMs, width) {
  const begin = at - windowMs;
  const px = (ms) => ((ms - begin) / windowMs) * width;
  const free = [];
  const lines = [];
  for (const facts of [...exchanges].sort((a, b) => (a.started_at < b.started_at ? -1 : 1))) {
    const started = Date.parse(facts.started_at);
    const ended = facts.outcome === "open" ? at : started + lasted(facts);
    if (ended < begin || started > at + 1000) continue;
    const x = Math.max(0, px(started));
    const end = Math.max(x + 3, Math.min(width, px(ended)));
    const answered = facts.first_event_ms == null ? ended : started + facts.first_event_ms;
    const first = Math.min(end, Math.max(x, px(answered)));
    let lane = free.findIndex((until) => until <= x);
    if (lane < 0) lane = free.length < MOST_LANES ? free.length : lines.length % MOST_LANES;
    free[lane] = end + 3;
    lines.push({ facts, look: outcome(facts)[1], lane, x, first: facts.outcome !== "ok" && facts.first_event_ms == null ? end - 2.5 : first, end });
  }
  return lines;
}
