// A page whose trace, or its root, may still arrive: looks again every second, for as long as the page says.
const box = document.querySelector("[data-arriving]");
const looking = document.getElementById("looking");
let left = Number(box.dataset.arriving);

async function look() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (response?.ok && !(await response.text()).includes("data-arriving")) {
    location.reload();
    return;
  }
  left -= 1;
  looking.textContent = left > 0 ? `Looking again, ${left} s more` : "It has not arrived. Reload the page to look again.";
  if (left > 0) setTimeout(look, 1000);
}

looking.textContent = `Looking again, ${left} s more`;
setTimeout(look, 1000);
