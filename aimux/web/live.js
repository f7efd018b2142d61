// The event stream: one connection for everything that changes, taken up again where it broke off.
//
//   connecting -> live -> lost -> live -> ...
//
// It is read with fetch rather than EventSource, which would hide a 401 and cannot say where to go on
// after a page has closed it.  A hidden page lets its connection go: a browser has six of them for all
// its pages together.  What was missed meanwhile is sent again, or the stream says `reset`.

import { API, BACK, ask, needLogin, noteClock } from "./api.js";
import { change, known, takeAlert, takeExchange, takeExchanges } from "./store.js";

const SILENCE_MS = 40_000; // the daemon says something every 15 seconds
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

let lastId = "";
let instance = null;
let waitMs = FIRST_WAIT_MS;
let wake = () => {};

/** Follows the daemon until the login ends. */
export async function follow() {
  while (known.login === "done") {
    await visible();
    try {
      await listen();
    } catch {
      // the reason makes no difference: what is lost is tried again
    }
    if (known.login !== "done" || document.hidden) continue;
    change({ live: "lost" });
    await rest(waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

/** Tries at once instead of waiting. */
export function tryNow() {
  wake();
}

/** Asks for everything anew. */
export async function refresh() {
  const [status, exchanges, alerts, sessions] = await Promise.all([
    ask("/status"),
    ask("/exchanges?limit=200"),
    ask("/alerts"),
    ask("/sessions").catch(() => ({ sessions: known.sessions })),
  ]);
  takeStatus(status);
  takeExchanges(exchanges.exchanges);
  change({ alerts: alerts.alerts, sessions: sessions.sessions });
}

async function listen() {
  const ending = new AbortController();
  const hide = () => document.hidden && ending.abort();
  let silence = setTimeout(() => ending.abort(), SILENCE_MS);
  document.addEventListener("visibilitychange", hide);
  try {
    const headers = { accept: "text/event-stream", ...(lastId && { "last-event-id": lastId }) };
    const answer = await fetch(`${API}/events`, { headers, signal: ending.signal, cache: "no-store" });
    if (answer.status === 401) return needLogin();
    if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
    noteClock(answer);
    await refresh();
    waitMs = FIRST_WAIT_MS;
    const wasLost = known.live === "lost";
    change({ live: "live", heardAt: Date.now() });
    if (wasLost) dispatchEvent(new Event(BACK));
    const read = reader(take);
    const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
      clearTimeout(silence);
      silence = setTimeout(() => ending.abort(), SILENCE_MS);
      known.heardAt = Date.now();
      read(piece.value);
    }
  } finally {
    clearTimeout(silence);
    document.removeEventListener("visibilitychange", hide);
    ending.abort();
  }
}

/** Reads text/event-stream: takes its pieces as they come, gives whole events to `take`. */
export function reader(take) {
  let rest = "";
  let event = { name: "message", data: [], id: null };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length) take(event.name, event.data.join("\n"), event.id);
        event = { name: "message", data: [], id: null };
        continue;
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === "event") event.name = value;
      else if (field === "data") event.data.push(value);
      else if (field === "id") event.id = value;
    }
  };
}

function take(name, data, id) {
  if (id !== null) lastId = id;
  const shape = name === "reset" ? null : JSON.parse(data);
  if (name === "status") takeStatus(shape);
  else if (name === "exchange") takeExchange(shape);
  else if (name === "alert") takeAlert(shape);
  else if (name === "reset") refresh().catch(() => {});
}

function takeStatus(status) {
  if (instance !== null && instance !== status.instance) {
    lastId = ""; // another daemon: its numbers begin anew
    queueMicrotask(() => refresh().catch(() => {}));
  }
  instance = status.instance;
  change({ status });
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

function rest(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
