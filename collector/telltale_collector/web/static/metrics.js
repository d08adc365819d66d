// Metrics: choices that apply at once, and keys that go from instrument to instrument.
import { onKeys } from "./keys.js";

const form = document.getElementById("choices");
form?.addEventListener("change", () => form.requestSubmit());
form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of form?.elements ?? []) if (field.name) field.disabled = false;
});

function step(by) {
  const links = [...document.querySelectorAll("#instruments a")];
  if (!links.length) return;
  const chosen = links.findIndex((link) => link === document.activeElement);
  const place = chosen >= 0 ? chosen : links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = place < 0 ? 0 : Math.min(Math.max(place + by, 0), links.length - 1);
  links[next].focus({ preventScroll: true });
  links[next].scrollIntoView({ block: "nearest" });
}

onKeys({ j: () => step(1), k: () => step(-1) });
