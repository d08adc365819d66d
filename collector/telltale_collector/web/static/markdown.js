// The common part of Markdown as elements. Text only ever becomes text nodes: no markup of the source is parsed as HTML,
// images are not loaded, and a link is one only to http(s).

const make = (name, ...children) => {
  const element = document.createElement(name);
  element.append(...children);
  return element;
};

const INLINE = /(`+)([^`]|[^`].*?[^`])\1(?!`)|\*\*(?=\S)(.+?)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?![\w*])|\[([^\]\n]*)\]\(([^\s()]+)\)/gs;

function link(label, target) {
  let url = null;
  try {
    url = new URL(target);
  } catch {
    // relative or broken: it stays text
  }
  if (!url || !["http:", "https:"].includes(url.protocol)) return `[${label}](${target})`;
  const element = make("a", label || target);
  element.href = url.href;
  element.rel = "noopener noreferrer nofollow";
  element.target = "_blank";
  element.title = url.href;
  return element;
}

function inline(text) {
  const found = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    found.append(text.slice(end, match.index));
    const [, , code, strong, emphasis, label, target] = match;
    if (code !== undefined) found.append(make("code", code.trim()));
    else if (strong !== undefined) found.append(make("strong", strong));
    else if (emphasis !== undefined) found.append(make("em", emphasis));
    else found.append(link(label, target));
    end = match.index + match[0].length;
  }
  found.append(text.slice(end));
  return found;
}

const BLOCKS = [
  { starts: /^\s*(?:[-*+])\s+(.*)$/, list: "ul" },
  { starts: /^\s*\d{1,4}[.)]\s+(.*)$/, list: "ol" },
];

function readFence(lines, found) {
  const fence = lines[0].match(/^\s*(```+|~~~+)/)[1];
  lines.shift();
  const code = [];
  while (lines.length && !lines[0].trim().startsWith(fence)) code.push(lines.shift());
  lines.shift();
  found.append(make("pre", make("code", code.join("\n"))));
}

function readList(lines, found, { starts, list }) {
  const element = document.createElement(list);
  while (lines.length && starts.test(lines[0])) {
    const item = [lines.shift().match(starts)[1]];
    while (lines.length && /^\s{2,}\S/.test(lines[0]) && !BLOCKS.some((block) => block.starts.test(lines[0]))) {
      item.push(lines.shift().trim());
    }
    element.append(make("li", inline(item.join(" "))));
  }
  found.append(element);
}

function readParagraph(lines, found) {
  const paragraph = [lines.shift()];
  const ends = (line) => !line.trim() || /^\s*(```|~~~|#{1,6}\s)/.test(line) || BLOCKS.some((block) => block.starts.test(line));
  while (lines.length && !ends(lines[0])) paragraph.push(lines.shift());
  const element = document.createElement("p");
  paragraph.forEach((line, place) => element.append(...(place ? [document.createElement("br")] : []), inline(line)));
  found.append(element);
}

/** A Markdown text as a fragment of elements. */
export function richText(text) {
  const found = document.createDocumentFragment();
  const lines = text.split("\n");
  while (lines.length) {
    const heading = lines[0].match(/^#{1,6}\s+(.*)$/);
    const block = BLOCKS.find(({ starts }) => starts.test(lines[0]));
    if (!lines[0].trim()) lines.shift();
    else if (/^\s*(```|~~~)/.test(lines[0])) readFence(lines, found);
    else if (heading) {
      lines.shift();
      found.append(make("h5", inline(heading[1])));
    } else if (block) readList(lines, found, block);
    else readParagraph(lines, found);
  }
  return found;
}
