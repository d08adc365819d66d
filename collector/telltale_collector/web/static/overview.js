// The overview: it stays current, keys step through what leads to traces, and the first span ever is noticed.
import { enliven, say } from "./chrome.js";
import { onKeys } from "./keys.js";

const EVERY_MS = 15_000;
const WAITING_MS = 1000;
const main = document.getElementById("main");

async function fetched(address) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Fetch the page again and put in what is new; what leads to the same place keeps the focus. */
async function refresh() {
  const fresh = await fetched(location.href);
  document.title = fresh.title;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...next.childNodes);
    if (focused) sameLink(part, focused)?.focus({ preventScroll: true });
  }
}

function sameLink(part, old) {
  const links = [...part.querySelectorAll("a")];
  return links.find((link) => (old.id && link.id === old.id) || link.href === old.href);
}

/** Until the first span: look for its trace, then show the overview with the way to it on top. */
async function lookForTheFirst(waiting) {
  const rows = await fetched(waiting.dataset.rows);
  const first = rows.querySelector("a.open");
  if (!first) return false;
  const fresh = await fetched(location.href);
  const arrived = fresh.getElementById("arrived");
  if (!arrived) return false;
  main.replaceChildren(...fresh.getElementById("main").childNodes);
  const link = document.createElement("a");
  link.href = first.getAttribute("href");
  link.textContent = first.querySelector("b").textContent;
  arrived.append("The first span arrived. See its trace: ", link);
  arrived.hidden = false;
  document.title = fresh.title;
  link.focus();
  say("The first span arrived");
  enliven(main);
  return true;
}

async function look() {
  const waiting = document.getElementById("waiting");
  try {
    if (waiting) await lookForTheFirst(waiting);
    else await refresh();
  } catch {
    // the collector is away; the next look may find it
  }
}

let timer = 0;

function schedule() {
  clearTimeout(timer);
  if (document.hidden) return;
  const pause = document.getElementById("waiting") ? WAITING_MS : EVERY_MS;
  timer = setTimeout(async () => {
    await look();
    schedule();
  }, pause);
}

function step(by) {
  const links = [...main.querySelectorAll("#wrong a, .tile, .movers a, .failure")];
  if (!links.length) return false;
  const place = links.indexOf(document.activeElement);
  const next = links[place < 0 ? 0 : Math.min(Math.max(place + by, 0), links.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function range(number) {
  const link = document.querySelectorAll(".overview-head .ranges a")[number];
  if (!link) return false;
  link.click();
  return true;
}

onKeys({
  j: () => step(1),
  k: () => step(-1),
  1: () => range(0),
  2: () => range(1),
  3: () => range(2),
  4: () => range(3),
  r: () => look().then(() => say("Refreshed")),
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
  schedule();
});
schedule();
