// A board: panels that fill in one by one and look again, choices that stay in the address.
import { onKeys } from "./keys.js";
import { say } from "./chrome.js";
import { attach } from "./crosshair.js";

const AT_ONCE = 4;
const PERIODS_MS = { "10s": 10_000, "1m": 60_000 };
const board = document.getElementById("board");
const bar = document.getElementById("bar");
const every = document.getElementById("every");
const again = document.getElementById("refresh");

const panels = () => [...(board?.querySelectorAll("[data-panel]") ?? [])];

// --- panels ------------------------------------------------------------------------------------------------------------

let round = null;

function failed(panel, reason) {
  const box = document.createElement("div");
  box.className = "panel-failed";
  box.setAttribute("role", "alert");
  box.append(Object.assign(document.createElement("b"), { textContent: reason }));
  box.append(Object.assign(document.createElement("p"), { textContent: "Look again (r), or reload the page." }));
  for (const part of [...panel.children].slice(1)) part.remove();
  panel.classList.remove("waiting", "again");
  panel.removeAttribute("aria-busy");
  panel.append(box);
}

/** Ask for one panel and put it in the place of the one that stands there. What is open in it stays open. */
async function fill(panel, signal) {
  panel.classList.add("again");
  try {
    const answer = await fetch(panel.dataset.panel + location.search, { signal, headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-panel]");
    for (const name of panel.classList) if (name.startsWith("w-")) fresh.classList.add(name);
    for (const open of panel.querySelectorAll(":scope > details[open], :scope > header > details[open]")) {
      const same = fresh.querySelector(`details.${open.classList[open.classList.length - 1]}`);
      if (same) same.open = true;
    }
    const focused = panel.contains(document.activeElement) ? document.activeElement.className : null;
    const scrolled = panel.querySelector(".wide")?.scrollTop;
    panel.replaceWith(fresh);
    if (scrolled) fresh.querySelector(".wide")?.scrollTo(0, scrolled);
    if (focused === "chart") fresh.querySelector(".chart")?.focus({ preventScroll: true });
  } catch (error) {
    if (signal.aborted) panel.classList.remove("again");
    else failed(panel, `not loaded: ${error.message}`);
  }
}

/** All panels, in reading order, a few at a time. */
async function fillAll(waiting) {
  round?.abort();
  round = new AbortController();
  const { signal } = round;
  const next = async () => {
    while (waiting.length && !signal.aborted) await fill(waiting.shift(), signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

// --- look again ----------------------------------------------------------------------------------------------------------

let timer = 0;

function schedule() {
  clearTimeout(timer);
  const period = PERIODS_MS[every.value];
  if (!period || document.hidden || !board) return;
  timer = setTimeout(async () => {
    await fillAll(panels());
    schedule();
  }, period);
}

function keepInAddress(name, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(name, value);
  else address.searchParams.delete(name);
  history.replaceState(null, "", address);
  for (const link of document.querySelectorAll(".board-bar a, .others a, .legend a, .values thead a")) {
    const target = new URL(link.href);
    if (value) target.searchParams.set(name, value);
    else target.searchParams.delete(name);
    link.href = target;
  }
}

every.addEventListener("change", (event) => {
  event.stopPropagation();
  keepInAddress("refresh", every.value);
  say(every.value ? `Looks again every ${every.selectedOptions[0].text}` : "Looks again when asked");
  schedule();
});
again.hidden = !board;
again.addEventListener("click", () => fillAll(panels()));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && PERIODS_MS[every.value]) fillAll(panels());
  schedule();
});

// --- choices -------------------------------------------------------------------------------------------------------------

// Empty fields are no choices: they stay out of the address.
bar.addEventListener("submit", () => {
  for (const field of bar.elements) if (field.name && !field.value.trim()) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of bar.elements) if (field.name) field.disabled = false;
});

// A list of choices that is closed applies what was changed in it.
const changed = new WeakSet();
bar.addEventListener("change", (event) => {
  const pick = event.target.closest(".pick");
  if (pick) changed.add(pick);
});
for (const pick of bar.querySelectorAll(".pick")) {
  pick.addEventListener("toggle", () => {
    if (!pick.open && changed.has(pick)) bar.requestSubmit();
  });
}
document.addEventListener("click", (event) => {
  for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
});
document.addEventListener("keydown", (event) => {
  const pop = event.key === "Escape" && event.target.closest?.("details.pop[open]");
  if (!pop) return;
  pop.open = false;
  pop.querySelector("summary").focus();
});

// The order of a table and the one line looked at alone are the panel's own: it alone is asked again.
board?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-own]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const wanted = new URL(link.href).searchParams;
  const panel = link.closest("[data-panel]");
  const number = panel.dataset.panel.split("/").pop();
  for (const name of [`sort.${number}`, `only.${number}`]) keepInAddress(name, wanted.get(name));
  fill(panel, new AbortController().signal);
});

// A row leads where the first link in it does.
board?.addEventListener("click", (event) => {
  const row = event.target.closest(".values tbody tr");
  const link = row?.querySelector("a");
  if (!link || event.target.closest("a, summary, .full") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) open(link.href, "_blank", "noopener");
  else location.href = link.href;
});

onKeys({ r: () => fillAll(panels()) });
if (board) attach(board);
fillAll(panels().filter((panel) => panel.classList.contains("waiting"))).then(schedule);
