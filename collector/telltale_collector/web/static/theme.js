// Runs before the first paint: the stored colours, if any, so that the page never flashes in the other ones.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("telltale.theme");
  } catch {
    // storage is off: the system's colours stay
  }
  if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
})();
