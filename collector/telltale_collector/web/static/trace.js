// The trace page: choosing spans without loading, folding the tree, keys.
import { copyButton, enliven, say } from "./chrome.js";
import { onKeys } from "./keys.js";
import { richText } from "./markdown.js";

const spans = document.getElementById("spans");
const pane = document.getElementById("pane");
const back = document.getElementById("back");

const items = () => [...spans.querySelectorAll("li[data-d]:not([hidden])")];
const chosen = () => spans.querySelector("a[aria-current]")?.closest("li");
const depth = (item) => Number(item.dataset.d);

// --- choosing ----------------------------------------------------------------------------------------------------------

// A key held down runs over many spans: only where it rests is the span read.
const REST_MS = 50;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let pending = null;

function mark(search) {
  const link = spans.querySelector(`a[href="?span=${CSS.escape(new URLSearchParams(search).get("span") ?? "")}"]`);
  if (!link) return;
  spans.querySelector("a[aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  reveal(link.closest("li"));
  link.scrollIntoView({ block: "nearest" });
}

async function show(search) {
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  history.replaceState(null, "", search);
  mark(search);
  await pause(REST_MS);
  if (signal.aborted) return;
  try {
    const response = await fetch(spans.dataset.pane + search, { signal, headers: { accept: "text/html" } });
    if (!response.ok) throw new Error(`the collector answered ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
    pane.replaceChildren(...fresh.childNodes);
    pane.scrollTop = 0;
    enlivenPane();
  } catch (error) {
    if (!signal.aborted) location.href = search;
  }
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("#spans a, #pane a[data-swap]");
  if (!link) return;
  event.preventDefault();
  if (event.target.closest(".twist, .indent") && children(link.closest("li")).length) toggle(link.closest("li"));
  else show(link.getAttribute("href"));
});

function step(by) {
  const all = items();
  const next = all[Math.min(Math.max(all.indexOf(chosen()) + by, 0), all.length - 1)];
  if (next && next !== chosen()) show(next.querySelector("a").getAttribute("href"));
}

// --- the tree ----------------------------------------------------------------------------------------------------------

function below(item) {
  const found = [];
  for (let next = item.nextElementSibling; next && next.dataset.d && depth(next) > depth(item); next = next.nextElementSibling) {
    found.push(next);
  }
  return found;
}
const children = (item) => below(item).filter((other) => depth(other) === depth(item) + 1);

function parentOf(item) {
  for (let before = item.previousElementSibling; before?.dataset.d; before = before.previousElementSibling) {
    if (depth(before) < depth(item)) return before;
  }
  return null;
}

function collapse(item) {
  const inside = below(item);
  if (!inside.length) return;
  item.classList.add("shut");
  item.querySelector(".name").dataset.below = inside.length;
  item.querySelector("a").setAttribute("aria-expanded", "false");
  for (const other of inside) other.hidden = true;
  if (inside.includes(chosen())) show(item.querySelector("a").getAttribute("href"));
}

function expand(item) {
  item.classList.remove("shut");
  item.querySelector("a").setAttribute("aria-expanded", "true");
  let shutAt = Infinity;
  for (const other of below(item)) {
    if (depth(other) > shutAt) continue;
    other.hidden = false;
    shutAt = other.classList.contains("shut") ? depth(other) : Infinity;
  }
}

const toggle = (item) => (item.classList.contains("shut") ? expand(item) : collapse(item));

function reveal(item) {
  for (let above = parentOf(item); above; above = parentOf(above)) if (above.classList.contains("shut")) expand(above);
}

for (const twist of spans.querySelectorAll(".twist")) twist.closest("a").setAttribute("aria-expanded", "true");

// --- the pane ----------------------------------------------------------------------------------------------------------

const remembered = { raw: false, rich: false };

// Each message, input and output can be copied as it came.
function addCopyButtons() {
  for (const heading of pane.querySelectorAll(".turn > .role, .block > h3")) {
    const text = heading.parentElement.querySelector(":scope > .text");
    if (text) heading.append(copyButton(text.textContent, "text"));
  }
  for (const cell of pane.querySelectorAll(".pairs td")) {
    if (cell.textContent) cell.prepend(copyButton(cell.textContent, "value"));
  }
}

function enlivenPane() {
  enliven(pane);
  addCopyButtons();
  for (const details of pane.querySelectorAll("details[data-raw]")) {
    details.open = remembered.raw;
    details.addEventListener("toggle", () => {
      remembered.raw = details.open;
    });
  }
  for (const field of pane.querySelectorAll(".find")) {
    field.hidden = false;
    field.addEventListener("input", () => findIn(field));
  }
  const button = pane.querySelector("#markdown");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    remembered.rich = !remembered.rich;
    showRich(button);
  });
  if (remembered.rich) showRich(button);
}

function findIn(field) {
  const wanted = field.value.toLowerCase();
  for (const row of field.parentElement.querySelectorAll(".pairs tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
}

const plainTexts = new WeakMap();

function showRich(button) {
  button.setAttribute("aria-pressed", String(remembered.rich));
  for (const text of pane.querySelectorAll(".turn .text:not(.code)")) {
    if (remembered.rich) {
      plainTexts.set(text, text.textContent);
      text.replaceChildren(richText(text.textContent));
    } else if (plainTexts.has(text)) {
      text.textContent = plainTexts.get(text);
    }
    text.classList.toggle("rich", remembered.rich);
  }
}

// --- keys --------------------------------------------------------------------------------------------------------------

// Where the list is what came before, going back keeps its filters and its place.
function leave() {
  const from = document.referrer && new URL(document.referrer);
  const isList = from && from.origin === location.origin && /^\/($|traces$|(sessions|users)(\/|$))/.test(from.pathname);
  if (isList && history.length > 1) history.back();
  else location.href = back.href;
}

back.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  leave();
});

onKeys({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: (event) => (event.target.closest("#pane") ? false : step(1)),
  ArrowUp: (event) => (event.target.closest("#pane") ? false : step(-1)),
  h: () => {
    const item = chosen();
    if (!item) return;
    if (!item.classList.contains("shut") && below(item).length) collapse(item);
    else if (parentOf(item)) show(parentOf(item).querySelector("a").getAttribute("href"));
  },
  l: () => {
    const item = chosen();
    if (item?.classList.contains("shut")) expand(item);
    else if (item && children(item).length) step(1);
  },
  Enter: (event) => {
    if (event.target.closest("a, button, summary")) return false;
    pane.focus();
    say("Reading the span");
  },
  Escape: leave,
});

enlivenPane();
chosen()?.scrollIntoView({ block: "nearest" });
