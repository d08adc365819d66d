// Charts of a board: one crosshair over all of them, what the pointer rests on, zooming, and the way to the traces.
const told = document.getElementById("told");
const DRAG_PX = 6;

const chartsOf = (board) => [...board.querySelectorAll("[data-chart]")];
const groupsOf = (chart) => [...chart.querySelectorAll(".plot g[data-heights]")];

/** The place of a time on a chart's axis, from 0 to 1; the middle of its step. */
function place(chart, time) {
  const { start, step, count } = chart.dataset;
  const at = Math.floor((time - start) / step);
  return at < 0 || at >= count ? null : (at + 0.5) / count;
}

function timeAt(chart, share) {
  const { start, step, count } = chart.dataset;
  return Number(start) + Math.min(Math.max(share, 0), 0.99999) * step * count;
}

const stepAt = (chart, time) => Math.floor((time - chart.dataset.start) / chart.dataset.step);

function rowAt(chart, at) {
  return chart.closest("[data-panel]").querySelector(`.as-table tr[data-at="${at}"]`);
}

function cross(board, time) {
  for (const chart of chartsOf(board)) {
    const line = chart.querySelector(".cross");
    const x = time === null ? null : place(chart, time);
    line.setAttribute("visibility", x === null ? "hidden" : "visible");
    if (x !== null) line.setAttribute("d", `M${x * 1000} 0V1000`);
  }
}

/** The series that the pointer is on (a layer of bars), or nearest to (a line). `y` from 0, the top, to 1000. */
function nearest(chart, at, y) {
  const heights = groupsOf(chart).map((group) => group.dataset.heights.split(",")[at] ?? "");
  let found = -1;
  let best = Infinity;
  heights.forEach((text, number) => {
    if (text === "") return;
    const height = Number(text);
    const distance = "stacked" in chart.dataset ? (height <= y ? y - height : Infinity) : Math.abs(height - y);
    if (distance < best) [found, best] = [number, distance];
  });
  return found;
}

function swatch(tone) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  svg.setAttribute("class", tone);
  svg.setAttribute("viewBox", "0 0 10 10");
  for (const side of ["width", "height"]) rect.setAttribute(side, "10");
  svg.append(rect);
  return svg;
}

const EMPTY = new Set(["—", "0", "$0", "0/s", "0 %"]);

/** Heads and texts of a step, the largest on top where bars are stacked. Steps of many series leave out what is nothing. */
function valuesOf(chart, row, near) {
  const heads = [...chart.closest("[data-panel]").querySelectorAll(".as-table thead th")].slice(1);
  const groups = groupsOf(chart);
  const values = [...row.cells].slice(1).map((cell, number) => ({
    number,
    name: heads[number].textContent,
    text: cell.textContent,
    tone: groups[number]?.classList[0] ?? "",
  }));
  const kept = values.filter((value) => values.length < 4 || value.number === near || !EMPTY.has(value.text));
  return "stacked" in chart.dataset || !groups.length ? kept.reverse() : kept;
}

function tell(chart, time, y, x, bottom) {
  const at = stepAt(chart, time);
  const row = rowAt(chart, at);
  if (!row) {
    told.hidden = true;
    return;
  }
  const near = nearest(chart, at, y);
  const list = document.createElement("ul");
  for (const value of valuesOf(chart, row, near)) {
    const line = document.createElement("li");
    line.classList.toggle("near", value.number === near && groupsOf(chart).length > 1);
    line.append(value.tone ? swatch(value.tone) : document.createElement("span"));
    line.append(Object.assign(document.createElement("bdi"), { textContent: value.name }));
    line.append(Object.assign(document.createElement("span"), { textContent: value.text, className: "num" }));
    list.append(line);
  }
  const head = Object.assign(document.createElement("b"), { textContent: `${row.cells[0].textContent} UTC` });
  const hint = Object.assign(document.createElement("p"), { textContent: "click: traces · drag: zoom", className: "hint" });
  told.replaceChildren(head, list, hint);
  told.hidden = false;
  const left = x + 16 + told.offsetWidth > innerWidth ? x - 16 - told.offsetWidth : x + 16;
  told.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, Math.min(bottom, innerHeight - told.offsetHeight - 8))}px)`;
}

/** The traces of a step, of one series where the list has a filter for it. */
function tracesUrl(chart, at, near) {
  const link = rowAt(chart, at)?.querySelector("a");
  if (!link) return null;
  const url = new URL(link.href);
  const name = near < 0 ? null : groupsOf(chart)[near].classList[0];
  const alone = name && chart.querySelector(`.legend a.${CSS.escape(name)}:not(.away)`);
  const own = near < 0 ? "" : (rowAt(chart, at).cells[near + 1].dataset.filters ?? "");
  for (const text of [alone?.dataset.filters ?? "", own]) {
    for (const [filter, value] of new URLSearchParams(text)) url.searchParams.set(filter, value);
  }
  return url;
}

function zoom(from, to) {
  const url = new URL(location.href);
  url.searchParams.set("from", new Date(Math.round(from)).toISOString());
  url.searchParams.set("to", new Date(Math.round(to)).toISOString());
  location.href = url;
}

/** Listen to pointers and keys on all charts of a board, also on those that come later. */
export function attach(board) {
  let drag = null;
  let keyed = null;

  const plotOf = (event) => event.target.closest?.("[data-chart] .plot");
  const shareOf = (plot, event) => {
    const box = plot.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: ((event.clientY - box.top) / box.height) * 1000 };
  };
  const forget = () => {
    cross(board, null);
    told.hidden = true;
  };

  board.addEventListener("pointermove", (event) => {
    if (drag && !drag.plot.isConnected) drag = null; // the panel was asked again meanwhile
    const plot = drag?.plot ?? plotOf(event);
    if (!plot) return forget();
    const chart = plot.closest("[data-chart]");
    const share = shareOf(plot, event);
    const time = timeAt(chart, share.x);
    cross(board, time);
    tell(chart, time, share.y, event.clientX, event.clientY + 12);
    if (!drag) return;
    const [from, to] = [drag.x, share.x].map((x) => Math.min(Math.max(x, 0), 1) * 1000).sort((a, b) => a - b);
    const area = plot.querySelector(".chosen-time");
    area.setAttribute("x", from);
    area.setAttribute("width", Math.abs(event.clientX - drag.clientX) < DRAG_PX ? 0 : to - from);
  });
  board.addEventListener("pointerleave", forget);
  board.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event);
    if (!plot || event.button !== 0 || event.pointerType === "touch") return;
    drag = { plot, clientX: event.clientX, x: shareOf(plot, event).x };
    plot.setPointerCapture(event.pointerId);
  });
  board.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { plot, clientX, x } = drag;
    drag = null;
    if (!plot.isConnected) return;
    plot.querySelector(".chosen-time").setAttribute("width", 0);
    const chart = plot.closest("[data-chart]");
    const share = shareOf(plot, event);
    if (Math.abs(event.clientX - clientX) >= DRAG_PX) {
      const times = [x, share.x].map((each) => timeAt(chart, each)).sort((a, b) => a - b);
      zoom(times[0], Math.max(times[1], times[0] + 1000));
      return;
    }
    const at = stepAt(chart, timeAt(chart, share.x));
    const url = tracesUrl(chart, at, nearest(chart, at, share.y));
    if (url && (event.ctrlKey || event.metaKey)) open(url, "_blank", "noopener");
    else if (url) location.href = url;
  });
  board.addEventListener("pointercancel", () => {
    drag?.plot.querySelector(".chosen-time").setAttribute("width", 0);
    drag = null;
  });

  board.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-chart]") || !["ArrowLeft", "ArrowRight", "Enter", "Escape"].includes(event.key)) return;
    const chart = event.target;
    const rows = [...chart.closest("[data-panel]").querySelectorAll(".as-table tbody tr")];
    if (!rows.length || (event.key === "Enter" && keyed?.chart !== chart)) return;
    event.preventDefault();
    if (event.key === "Escape") return forget();
    if (event.key === "Enter") {
      location.href = tracesUrl(chart, Number(rows[keyed.row].dataset.at), -1);
      return;
    }
    const before = keyed?.chart === chart ? keyed.row : rows.length;
    const row = Math.min(Math.max(before + (event.key === "ArrowLeft" ? -1 : 1), 0), rows.length - 1);
    keyed = { chart, row };
    const time = timeAt(chart, (Number(rows[row].dataset.at) + 0.5) / chart.dataset.count);
    const box = chart.querySelector(".plot").getBoundingClientRect();
    cross(board, time);
    tell(chart, time, -1, box.left + place(chart, time) * box.width, box.top + 12);
  });
  board.addEventListener("focusout", (event) => {
    if (event.target.matches?.("[data-chart]")) forget();
  });
}
