// What the page knows of the daemon, in one place; whoever shows it is told when it changes.
//
// Changes come in bursts while requests are answered.  They are collected for a tenth of a second, so
// that a busy daemon costs the browser ten drawings a second and no more.

import { useEffect, useState } from "./html.js";

const TOGETHER_MS = 100;
const MOST_EXCHANGES = 300;

export const known = {
  login: "checking", // checking | needed | done
  loginProblem: null,
  live: "connecting", // connecting | live | lost
  heardAt: null, // Date.now() of the last byte of the stream
  skewMs: 0, // the daemon's clock less ours
  status: null,
  exchanges: [], // ExchangeShape, newest first
  alerts: [],
  sessions: [],
  said: null, // the last thing that was done here: {words, undo}
};

const readers = new Set();
let timer = null;

/** Takes changes in and tells those who show them, soon. */
export function change(facts) {
  Object.assign(known, facts);
  timer ??= setTimeout(tell, TOGETHER_MS);
}

function tell() {
  timer = null;
  for (const reader of [...readers]) reader();
}

/** What is known now; the component that asks is drawn again when it changes. */
export function useKnown() {
  const [, again] = useState(0);
  useEffect(() => {
    const reader = () => again((count) => count + 1);
    readers.add(reader);
    return () => readers.delete(reader);
  }, []);
  return known;
}

/** Draws a component again every so often, for what grows older by itself. */
export function useTick(ms, wanted = true) {
  const [, again] = useState(0);
  useEffect(() => {
    if (!wanted) return undefined;
    const ticking = setInterval(() => again((count) => count + 1), ms);
    return () => clearInterval(ticking);
  }, [ms, wanted]);
}

/** The daemon's time, in milliseconds since 1970. */
export const now = () => Date.now() + known.skewMs;

/** Takes in one exchange as it is now: it replaces what was known of it, or becomes the newest. */
export function takeExchange(shape) {
  const place = known.exchanges.findIndex((each) => each.id === shape.id);
  const heard = { ...shape, heardAt: now() };
  const exchanges =
    place < 0
      ? [heard, ...known.exchanges].slice(0, MOST_EXCHANGES)
      : known.exchanges.with(place, heard);
  change({ exchanges });
}

/** Takes in the list of exchanges, newest first. */
export function takeExchanges(shapes) {
  change({ exchanges: shapes.map((each) => ({ ...each, heardAt: now() })) });
}

/** Takes in one alert in its new state. */
export function takeAlert(shape) {
  const others = known.alerts.filter((each) => each.number !== shape.number);
  change({ alerts: [...others, shape].sort((a, b) => a.number - b.number) });
}
