// Runs before the first paint, as a plain script: the colours that were chosen here, if any were.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("aimux.theme");
  } catch {
    // storage is off: the system's colours hold
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
