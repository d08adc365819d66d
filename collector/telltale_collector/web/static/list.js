// The trace list: filters that apply at once, keys, and rows that stay fresh.
import { enliven, say } from "./chrome.js";
import { onKeys } from "./keys.js";

const PERIOD_MS = 2500;
const results = document.getElementById("results");
const form = document.getElementById("filters");
const search = document.getElementById("search");
const live = document.getElementById("live");
const refreshButton = document.getElementById("refresh");

// --- filters ---------------------------------------------------------------------------------------------------------

// Empty fields are no filters: they stay out of the address.
form.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value.trim()) field.disabled = true;
});
form.addEventListener("change", (event) => {
  if (event.target.closest(".field")) form.requestSubmit();
});
addEventListener("pageshow", () => {
  for (const field of form.elements) if (field.name) field.disabled = false;
});
document.addEventListener("click", (event) => {
  for (const pop of form.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
});

// --- the row that keys act on ------------------------------------------------------------------------------------------

const rows = () => [...results.querySelectorAll("tbody tr")];
const rowAt = () => results.querySelector("tbody tr.at");

function goTo(row) {
  if (!row) return;
  rowAt()?.classList.remove("at");
  row.classList.add("at");
  row.querySelector("a.open").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  const place = all.indexOf(rowAt());
  goTo(place < 0 ? all[0] : all[Math.min(Math.max(place + by, 0), all.length - 1)]);
}

results.addEventListener("focusin", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row || row === rowAt()) return;
  rowAt()?.classList.remove("at");
  row.classList.add("at");
});
results.addEventListener("click", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row || event.target.closest("a, button") || String(getSelection())) return;
  const { href } = row.querySelector("a.open");
  if (event.ctrlKey || event.metaKey) open(href, "_blank", "noopener");
  else location.href = href;
});

onKeys({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => (rowAt() ? step(1) : false),
  ArrowUp: () => (rowAt() ? step(-1) : false),
  Enter: (event) => {
    if (event.target.closest("a, button, summary") || !rowAt()) return false;
    location.href = rowAt().querySelector("a.open").href;
  },
  "/": () => {
    search.focus();
    search.select();
  },
  r: () => refresh(),
  l: () => {
    if (!live.disabled) live.click();
  },
});

// --- fresh rows --------------------------------------------------------------------------------------------------------

const kindOf = (part) => part.querySelector("[data-kind]")?.dataset.kind;

// Keep the elements of unchanged rows: nothing flickers, and focus, selection and hover stay where they are.
function mergeRows(fresh) {
  const body = results.querySelector("tbody");
  const known = new Map(rows().map((row) => [row.dataset.key, row]));
  let arrived = 0;
  const merged = [...fresh.querySelectorAll("tbody tr")].map((row) => {
    const old = known.get(row.dataset.key);
    if (!old) {
      arrived += 1;
      row.classList.add("fresh");
      return row;
    }
    if (old.dataset.version === row.dataset.version) {
      old.querySelector("time").textContent = row.querySelector("time").textContent;
      return old;
    }
    const wasFocused = old.contains(document.activeElement);
    row.classList.toggle("at", old.classList.contains("at"));
    if (wasFocused) queueMicrotask(() => row.querySelector("a.open").focus({ preventScroll: true }));
    return row;
  });
  const current = rows();
  if (merged.length !== current.length || merged.some((row, place) => row !== current[place])) placeRows(body, merged);
  results.querySelector(".paging").replaceWith(fresh.querySelector(".paging"));
  if (arrived) say(`${arrived} new trace${arrived > 1 ? "s" : ""}`);
}

// Moves only what is out of place: an element that stays put keeps its focus.
function placeRows(body, merged) {
  const kept = new Set(merged);
  for (const row of rows()) if (!kept.has(row)) row.remove();
  let next = body.firstElementChild;
  for (const row of merged) {
    if (row === next) next = next.nextElementSibling;
    else body.insertBefore(row, next);
  }
}

function showConnection(problem) {
  live.parentElement.classList.toggle("lost", Boolean(problem));
  live.parentElement.title = problem ? `Not refreshing: ${problem}` : "Refreshes by itself";
  live.parentElement.lastChild.data = problem ? "Lost" : "Live";
}

let pending = null;

async function refresh() {
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  try {
    const response = await fetch(results.dataset.refresh, { signal, headers: { accept: "text/html" } });
    if (!response.ok) throw new Error(`the collector answered ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
    if (kindOf(fresh) === "rows" && kindOf(results) === "rows") mergeRows(fresh);
    else if (kindOf(fresh) === "rows" && kindOf(results) === "waiting") location.reload();
    else if (kindOf(fresh) !== kindOf(results)) {
      results.replaceChildren(...fresh.childNodes);
      enliven(results);
    }
    showConnection("");
  } catch (error) {
    if (signal.aborted) return;
    showConnection(error.message);
  }
}

let timer = 0;

function schedule() {
  clearTimeout(timer);
  if (!live.checked || live.disabled || document.hidden) return;
  timer = setTimeout(async () => {
    await refresh();
    schedule();
  }, PERIOD_MS);
}

live.parentElement.hidden = false;
refreshButton.hidden = false;
try {
  live.checked = !live.disabled && localStorage.getItem("telltale.live") !== "off";
} catch {
  // storage is off: live it is
}
live.addEventListener("change", () => {
  try {
    localStorage.setItem("telltale.live", live.checked ? "on" : "off");
  } catch {
    // storage is off: the choice lasts as long as the page
  }
  say(live.checked ? "Live" : "Paused");
  schedule();
});
refreshButton.addEventListener("click", refresh);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && live.checked && !live.disabled) refresh();
  schedule();
});
schedule();
