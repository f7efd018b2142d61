// Addresses behind the #: which page, which thing, and what is filtered, so that every view can be linked.

import { useEffect, useState } from "./html.js";

/** The address as {page, parts, query}: `#/exchanges/req_1?tab=x` has page exchanges, parts [req_1]. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...parts] = path.split("/").map(decoded);
  return { page: page || "now", parts, query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a % that a person has typed
  }
}

/** The address of a page, as a link has it. */
export function linkTo(page, parts = [], query = {}) {
  const path = [page, ...parts].map(encodeURIComponent).join("/");
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  return `#/${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

/** Changes the filters of the present page without a new entry in the browser's history. */
export function refine(changes) {
  const { page, parts, query } = place();
  const all = { ...Object.fromEntries(query), ...changes };
  history.replaceState(null, "", linkTo(page, parts, all));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Where we are; the component is drawn again when that changes. */
export function usePlace() {
  const [found, setFound] = useState(place);
  useEffect(() => {
    const look = () => setFound(place());
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return found;
}
