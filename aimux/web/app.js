// Where the page begins: log in, follow the daemon, show the shell.
//
// `aimux dashboard` opens /#login=CODE.  The code holds once and for a short while; it is exchanged for a
// cookie that no script can read, and taken out of the address before anything else is shown.

import { ask, post } from "./api.js";
import { html, render, useEffect } from "./html.js";
import { follow } from "./live.js";
import { Shell } from "./shell.js";
import { change, known, useKnown } from "./store.js";
import { Command } from "./parts.js";

const LOOK_AGAIN_MS = 4000;

async function begin() {
  const code = /^#login=([^&]+)/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, "", location.pathname);
    dispatchEvent(new HashChangeEvent("hashchange"));
    try {
      await post("/login", { code: decodeURIComponent(code) });
    } catch (problem) {
      if (problem.status === 0) return change({ login: "needed", loginProblem: problem.message });
      change({ loginProblem: "this link has been used already, or is too old" });
    }
  }
  await enter();
}

/** Goes in if the cookie is good; an absent daemon is no reason to stay out. */
async function enter() {
  try {
    await ask("/ping");
  } catch (problem) {
    if (problem.status === 401) return change({ login: "needed" });
  }
  if (known.login === "done") return;
  change({ login: "done", loginProblem: null });
  follow();
}

/** What is shown to whoever is not logged in; it goes away by itself once another page has logged in. */
function Door() {
  const { loginProblem } = useKnown();
  useEffect(() => {
    document.title = "Log in · aimux";
    const look = () => document.hidden || ask("/ping").then(enter, () => {});
    const timer = setInterval(look, LOOK_AGAIN_MS);
    addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      removeEventListener("focus", look);
    };
  }, []);
  return html`
    <main class="door" id="main">
      <p class="brand">aimux</p>
      <h1>Log in from the command line</h1>
      ${loginProblem && html`<p class="bad-words" role="alert">You are not logged in: ${loginProblem}.</p>`}
      <p>On the machine where aimux runs, type</p>
      <p><${Command}>aimux dashboard<//></p>
      <p class="soft">It opens this page with a code that holds once. Nothing is typed here, and no password exists.
        A login ends when you log out, after twelve hours, or when the daemon starts anew.</p>
    </main>
  `;
}

function App() {
  const { login } = useKnown();
  if (login === "needed") return html`<${Door} />`;
  return html`<${Shell} ready=${login === "done"} />`;
}

addEventListener("hashchange", () => {
  if (location.hash.startsWith("#login=")) begin();
});
const root = document.getElementById("app");
root.classList.remove("shell");
root.replaceChildren();
begin(); // first: it takes the code out of the address before anybody reads that
render(html`<${App} />`, root);
