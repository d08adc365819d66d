// The alerts' pages: they stay current, and take acknowledgements, silences and receivers.
import { enliven, say } from "./chrome.js";
import { onKeys } from "./keys.js";

const API = "/api/v1/alerts";
const EVERY_MS = 15_000;
const form = document.getElementById("new-receiver");
const refused = document.getElementById("refused");

function reveal(part) {
  for (const acts of part.querySelectorAll(".alert-acts[hidden], .acts[hidden]")) acts.hidden = false;
  enliven(part);
}

/** Fetch the page again and put in what changed, unless somebody is about to do something there. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = fresh.title;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    if (!next || focused?.matches("select, input")) continue;
    const kept = focused?.closest("[data-fingerprint]")?.id;
    part.replaceChildren(...next.childNodes);
    reveal(part);
    if (kept) document.getElementById(kept)?.focus({ preventScroll: true });
  }
}

async function refreshQuietly() {
  if (document.hidden) return;
  try {
    await refresh();
  } catch {
    // the collector is away; the next look may find it
  }
}

/** Ask the API for a change, then show how things stand; says what was refused. */
async function change(method, path, body, done) {
  refused.hidden = true;
  try {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(`${API}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw new Error([said.error?.message, said.error?.hint].filter(Boolean).join(": ") || answer.statusText);
    say(done(said));
    await refresh();
    return said;
  } catch (error) {
    refused.textContent = error.message;
    refused.hidden = false;
    refused.scrollIntoView({ block: "nearest" });
    return undefined;
  }
}

async function acknowledge(fingerprints) {
  for (const fingerprint of fingerprints.split(" ")) {
    await change("POST", "/acknowledgements", { fingerprint }, () => "Acknowledged");
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { acknowledge: known, try: name, removeReceiver, endSilence } = button.dataset;
  if (known) await acknowledge(known);
  if (removeReceiver) await change("DELETE", `/receivers/${encodeURIComponent(removeReceiver)}`, undefined, () => "Removed");
  if (endSilence) await change("DELETE", `/silences/${endSilence}`, undefined, () => "The silence ended");
  if (name) {
    button.disabled = true;
    const said = await change("POST", `/receivers/${encodeURIComponent(name)}/test`, undefined, () => "A test message was sent");
    button.disabled = false;
    if (said) {
      refused.textContent = `${name}: ${said.taken ? "took the test message" : "did not take it"}${said.said ? ` (${said.said})` : ""}`;
      refused.hidden = false;
    }
  }
});

document.addEventListener("change", async (event) => {
  const select = event.target.closest("select[data-silence]");
  if (!select || !select.value) return;
  const body = { matchers: JSON.parse(select.dataset.silence), duration_s: Number(select.value) };
  select.blur();
  await change("POST", "/silences", body, () => "Silenced");
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, channel, address, severities } = Object.fromEntries(new FormData(form));
  const body = { channel, address, severities: severities ? severities.split(",") : [] };
  if (await change("PUT", `/receivers/${encodeURIComponent(name)}`, body, () => "Receiver added")) form.reset();
});

function step(by) {
  const cards = [...document.querySelectorAll("[data-fingerprint]")];
  if (!cards.length) return false;
  const place = cards.indexOf(document.activeElement?.closest("[data-fingerprint]"));
  const next = cards[place < 0 ? 0 : Math.min(Math.max(place + by, 0), cards.length - 1)];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function know() {
  const card = document.activeElement?.closest("[data-fingerprint]");
  const button = card?.querySelector("[data-acknowledge]");
  if (!button) return false;
  acknowledge(button.dataset.acknowledge);
  return true;
}

if (form) form.hidden = false;
reveal(document);
onKeys({ j: () => step(1), k: () => step(-1), a: () => know() });
setInterval(refreshQuietly, EVERY_MS);
document.addEventListener("visibilitychange", refreshQuietly);
