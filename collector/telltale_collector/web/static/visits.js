// Sessions and users: choices that apply at once, and keys that go from line to line.
import { onKeys } from "./keys.js";

const form = document.getElementById("choices");
form?.addEventListener("change", () => form.requestSubmit());
form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value.trim()) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of form?.elements ?? []) if (field.name) field.disabled = false;
});

const lines = () => [...document.querySelectorAll("[data-rows] a.open")].map((link) => link.closest("tr, li"));

function goTo(line) {
  document.querySelector(".at")?.classList.remove("at");
  line.classList.add("at");
  line.querySelector("a.open").focus({ preventScroll: true });
  line.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = lines();
  if (!all.length) return;
  const place = all.findIndex((line) => line.contains(document.activeElement));
  goTo(all[place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1)]);
}

onKeys({
  j: () => step(1),
  k: () => step(-1),
  Escape: () => {
    const back = document.getElementById("back");
    if (!back) return false;
    location.href = back.href;
  },
});
