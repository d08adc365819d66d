// Single keys as commands, only while nobody types and nothing else is open.

const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");

/** Call `commands[event.key]` on a plain key press. A command that returns false leaves the key to the browser. */
export function onKeys(commands) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const command = Object.hasOwn(commands, event.key) ? commands[event.key] : undefined;
    if (command && command(event) !== false) event.preventDefault();
  });
}

// "g" and a letter go to a page: the one whose link in the header says so.
let going = -Infinity;

document.addEventListener(
  "keydown",
  (event) => {
    const waited = event.timeStamp - going < 1500;
    going = -Infinity;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "g" && !waited) {
      going = event.timeStamp;
      return;
    }
    const link = waited && /^[a-z]$/.test(event.key) ? document.querySelector(`.top nav [data-go="${event.key}"]`) : null;
    if (!link) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    link.click();
  },
  { capture: true },
);
