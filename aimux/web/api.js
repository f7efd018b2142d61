// Questions to the admin API, and what becomes of those that are refused.

import { useEffect, useRef, useState } from "./html.js";
import { change, known } from "./store.js";

export const API = "/aimux/v1";
export const BACK = "aimux:back"; // the event that the daemon answers again

/** An answer that is none; status 0 means that nobody answered. */
export class Refused extends Error {
  constructor(status, body) {
    const error = body?.error ?? {};
    super(error.message ?? (status ? `the daemon answered ${status}` : "the daemon does not answer"));
    this.status = status;
    this.code = error.code ?? "";
    this.hint = error.hint ?? (status ? null : "this page tries again by itself; see also: aimux status");
    this.body = body ?? {};
    this.problems = this.body.problems ?? error.problems ?? [];
  }
}

/** Asks the daemon; gives the JSON of its answer or throws Refused. */
export async function ask(path, { method = "GET", body, signal } = {}) {
  const init = { method, signal, headers: { accept: "application/json" }, cache: "no-store" };
  if (method !== "GET") {
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body ?? {});
  }
  let answer;
  try {
    answer = await fetch(API + path, init);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Refused(0);
  }
  noteClock(answer);
  if (answer.status === 401 && path !== "/login") needLogin();
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export const post = (path, body) => ask(path, { method: "POST", body });
export const put = (path, body) => ask(path, { method: "PUT", body });
export const remove = (path) => ask(path, { method: "DELETE" });

/** The path with those parameters that have a value. */
export function withQuery(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** From now on the page says how to log in. */
export function needLogin() {
  if (known.login !== "needed") change({ login: "needed" });
}

// The header counts whole seconds, so less than two of them are no difference.
export function noteClock(answer) {
  const told = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(told)) return;
  const skewMs = told + 500 - Date.now();
  known.skewMs = Math.abs(skewMs) < 2000 ? 0 : skewMs;
}

/**
 * The answer to a question as a component needs it: {data, error, waiting, again}.
 *
 * What was answered before stays until the next answer is there; an empty path asks nothing.  It is asked
 * again every so often while the page is seen, and when a lost daemon is back.
 */
export function useAnswer(path, everyMs = 0) {
  const [answer, setAnswer] = useState({ path, data: null, error: null, waiting: Boolean(path) });
  const [round, setRound] = useState(0);
  const asked = useRef(path);
  useEffect(() => {
    if (!path) return undefined;
    const ending = new AbortController();
    if (asked.current !== path) setAnswer((before) => ({ ...before, waiting: true }));
    asked.current = path;
    ask(path, { signal: ending.signal }).then(
      (data) => setAnswer({ path, data, error: null, waiting: false }),
      (error) => {
        if (error.name === "AbortError") return;
        setAnswer((before) => ({ ...before, path, error, waiting: false }));
      },
    );
    const next = () => {
      if (document.hidden) document.addEventListener("visibilitychange", next, { once: true });
      else setRound((count) => count + 1);
    };
    const timer = everyMs && setTimeout(next, everyMs);
    addEventListener(BACK, next);
    return () => {
      ending.abort();
      clearTimeout(timer);
      removeEventListener(BACK, next);
      document.removeEventListener("visibilitychange", next);
    };
  }, [path, round, everyMs]);
  return { ...answer, again: () => setRound((count) => count + 1) };
}
