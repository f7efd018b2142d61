// The frame around every page: navigation, what has to be said at once, and the page itself.

import { Fragment, html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { post } from "./api.js";
import { tryNow } from "./live.js";
import { linkTo, usePlace } from "./router.js";
import { change, useKnown, useTick } from "./store.js";
import { Dot } from "./parts.js";
import { Now } from "./pages/now.js";
import { roughly } from "./words.js";

const PAGES = [
  ["now", "Now"],
  ["exchanges", "Exchanges"],
  ["usage", "Usage"],
  ["routes", "Routes"],
  ["configuration", "Configuration"],
  ["logs", "Logs"],
];
const CLOCKS_APART_MS = 30_000;

// Pages that are not the first one come when they are asked for.
const LATER = {
  exchanges: () => import("./pages/exchanges.js"),
  usage: () => import("./pages/usage.js"),
  routes: () => import("./pages/routes.js"),
  configuration: () => import("./pages/configuration.js"),
  logs: () => import("./pages/logs.js"),
};

export function Shell({ ready }) {
  const where = usePlace();
  return html`
    <div class="shell">
      <a class="skip" href="#main" onClick=${toMain}>Skip to the page</a>
      <header class="side">
        <a class="brand" href="#/now">aimux</a>
        <nav aria-label="Pages">
          ${PAGES.map(([page, words]) => html`
            <a key=${page} href=${linkTo(page)} aria-current=${where.page === page ? "page" : null}>${words}</a>
          `)}
        </nav>
        <${Standing} />
      </header>
      <main class="main" id="main" tabindex="-1">
        <${Banners} />
        ${ready && html`<${Page} where=${where} />`}
      </main>
      <${Said} />
    </div>
  `;
}

// The fragment is the router's, so the link cannot be followed by the browser.
function toMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Page({ where }) {
  const [loaded, setLoaded] = useState({ now: Now });
  const [problem, setProblem] = useState(null);
  const first = useRef(true);
  const shown = where.page in loaded ? where.page : null;
  useEffect(() => {
    const load = LATER[where.page];
    setProblem(null);
    if (loaded[where.page] || !load) return;
    load().then(
      (module) => setLoaded((before) => ({ ...before, [where.page]: module.default })),
      () => setProblem("this page could not be loaded; is the daemon running?"),
    );
  }, [where.page]);
  useLayoutEffect(() => {
    const heading = document.querySelector("main h1");
    document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    document.title = `${heading?.textContent ?? "aimux"} · aimux`;
    if (!first.current) {
      scrollTo(0, 0);
      heading?.focus({ preventScroll: true });
    }
    if (shown) first.current = false;
  }, [shown, where.parts.join("/")]);
  if (problem) return html`<p class="empty" role="alert">${problem}</p>`;
  if (!shown) return LATER[where.page] ? null : html`<${Unknown} page=${where.page} />`;
  return html`<${Fragment} key=${where.page}><${loaded[where.page]} where=${where} /><//>`;
}

const Unknown = ({ page }) => html`
  <h1 tabindex="-1">There is no page ${page}</h1>
  <p><a href="#/now">Go to Now</a></p>
`;

// ---------------------------------------------------------------- what has to be said at once

function Banners() {
  const { live, heardAt, skewMs, status } = useKnown();
  useTick(1000, live === "lost");
  return html`
    <div aria-live="polite">
      ${live === "lost" && html`
        <div class="banner bad">
          <p><${Dot} look="bad" /> <strong>The daemon does not answer.</strong> ${" "}
            ${heardAt ? `What is shown is ${roughly(Date.now() - heardAt)} old. ` : ""}
            This page tries again by itself; <code>aimux status</code> says more.</p>
          <button type="button" class="quiet" onClick=${tryNow}>Try now</button>
        </div>
      `}
      ${Math.abs(skewMs) > CLOCKS_APART_MS && html`
        <div class="banner warn">
          <p><${Dot} look="warn" /> The clocks of this device and of the daemon are ${roughly(Math.abs(skewMs))} apart.
            Ages shown here go by the daemon’s.</p>
        </div>
      `}
      ${status?.state === "draining" && html`
        <div class="banner warn"><p><${Dot}
          look="warn" /> The daemon is ending: it waits for its open streams and takes nothing new.</p></div>
      `}
    </div>
  `;
}

/** What was just done here, with the way back. */
function Said() {
  const { said } = useKnown();
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => change({ said: null }), said.undo ? 20_000 : 6_000);
    return () => clearTimeout(timer);
  }, [said]);
  const undo = () => {
    const back = said.undo;
    change({ said: null });
    back();
  };
  return html`
    <div class="said-place" role="status">
      ${said && html`
        <div class="said"><span>${said.words}</span>
          ${said.undo && html`<button type="button" class="quiet" onClick=${undo}>Undo</button>`}
          <button type="button" class="quiet" aria-label="Dismiss"
            onClick=${() => change({ said: null })}>Close</button>
        </div>
      `}
    </div>
  `;
}

// ---------------------------------------------------------------- the foot of the side

const LIVES = { live: ["ok", "Live"], connecting: ["busy", "Connecting"], lost: ["bad", "Not connected"] };

function Standing() {
  const { live, status } = useKnown();
  const [look, words] = LIVES[live];
  return html`
    <div class="standing">
      <p class="state"><${Dot} look=${look} /><span>${words}</span>${status && html`<span class="soft version">
        ${status.version}</span>`}</p>
      <${Theme} />
      <button type="button" class="plain" onClick=${leave}>Log out</button>
    </div>
  `;
}

const leave = () => post("/logout").catch(() => {}).then(() => change({ login: "needed", loginProblem: null }));

function Theme() {
  const [chosen, setChosen] = useState(document.documentElement.dataset.theme ?? "auto");
  const choose = (theme) => {
    setChosen(theme);
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === "auto") localStorage.removeItem("aimux.theme");
      else localStorage.setItem("aimux.theme", theme);
    } catch {
      // it holds until the page is closed
    }
    dispatchEvent(new Event("themechange"));
  };
  return html`
    <label class="theme"><span class="soft">Colours</span>
      <select value=${chosen} onChange=${(event) => choose(event.target.value)}>
        <option value="auto">as the system</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  `;
}
