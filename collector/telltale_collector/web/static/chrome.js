// What every page has: colours, keyboard help, copy buttons.
import { onKeys } from "./keys.js";

const root = document.documentElement;
root.classList.add("scripted");

const THEMES = { "": "as the system", light: "light", dark: "dark" };
const themeButton = document.getElementById("theme");

function showTheme(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  themeButton.title = `Colours: ${THEMES[theme]}`;
}

function nextTheme() {
  const names = Object.keys(THEMES);
  const theme = names[(names.indexOf(root.dataset.theme ?? "") + 1) % names.length];
  showTheme(theme);
  try {
    if (theme) localStorage.setItem("telltale.theme", theme);
    else localStorage.removeItem("telltale.theme");
  } catch {
    // storage is off: the choice lasts as long as the page
  }
  say(`Colours: ${THEMES[theme]}`);
}

const help = document.getElementById("help");
const helpButton = document.getElementById("show-help");

/** Tell it to those who listen to the page rather than see it. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    copyBySelection(button.dataset.copy);
  }
  button.classList.add("done");
  say("Copied");
  setTimeout(() => button.classList.remove("done"), 1200);
}

// The clipboard's own interface exists only on https and loopback.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

const COPY_ICON = "M5.5 5.5h8v8h-8zM10.5 3.5v-1h-8v8h1";

/** A button that copies `text`. */
export function copyButton(text, what) {
  const button = document.createElement("button");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  button.type = "button";
  button.className = "copy";
  button.dataset.copy = text;
  button.title = `Copy ${what}`;
  button.setAttribute("aria-label", `Copy ${what}`);
  svg.setAttribute("viewBox", "0 0 16 16");
  path.setAttribute("d", COPY_ICON);
  svg.append(path);
  button.append(svg);
  return button;
}

/** Reveal what only scripts can serve, within `part` of the page. */
export function enliven(part) {
  for (const button of part.querySelectorAll("button.copy[hidden]")) button.hidden = false;
  for (const snippet of part.querySelectorAll(".snippet:not(:has(.copy))")) {
    snippet.append(copyButton(snippet.textContent, "this line"));
  }
}

themeButton.hidden = false;
helpButton.hidden = false;
showTheme(root.dataset.theme ?? "");
themeButton.addEventListener("click", nextTheme);
helpButton.addEventListener("click", () => help.showModal());
help.addEventListener("click", (event) => {
  if (event.target === help) help.close();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  event.preventDefault();
  copy(button);
});
onKeys({ "?": () => help.showModal() });
enliven(document);
