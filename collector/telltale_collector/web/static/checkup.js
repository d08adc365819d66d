// The checkup: keys that go from fault to fault.
import { onKeys } from "./keys.js";

const faults = () => [...document.querySelectorAll("#faults > li > details")];

function step(by) {
  const summaries = faults().map((fault) => fault.querySelector("summary"));
  if (!summaries.length) return;
  const place = summaries.indexOf(document.activeElement);
  const next = place < 0 ? 0 : Math.min(Math.max(place + by, 0), summaries.length - 1);
  summaries[next].focus({ preventScroll: true });
  summaries[next].scrollIntoView({ block: "nearest" });
}

function toggleAll() {
  const open = !faults().every((fault) => fault.open);
  for (const fault of faults()) fault.open = open;
}

// An address with a fault's name (#orphans) shows that one.
const named = location.hash && document.getElementById(location.hash.slice(1));
if (named instanceof HTMLDetailsElement) named.open = true;

onKeys({ j: () => step(1), k: () => step(-1), o: () => toggleAll() });
