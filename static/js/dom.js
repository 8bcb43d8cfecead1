// Elements from words, never from strings of HTML.

/** `h("p", {class: "muted", onclick: f, "data-x": 1}, "text", child)`; what is null or false is left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  fill(node, ...children);
  return node;
}

/** Replaces what is in `node`. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** `wanted` in `node`, in this order. Moves only what stands elsewhere: what is pressed, playing or focused stays untouched. */
export function arrange(node, wanted) {
  const keep = new Set(wanted);
  for (const child of [...node.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, i) => { if (node.children[i] !== child) node.insertBefore(child, node.children[i] ?? null); });
}

const SVG = "http://www.w3.org/2000/svg";
/** The same for drawings: `svg("path", {d: "M0 0h9"})`. */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
  return fill(node, ...children);
}

/** A sheet of css/ that not every page needs; there once it has loaded, or cannot. */
export function sheet(name) {
  const href = `/css/${name}.css`;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = h("link", { rel: "stylesheet", href });
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

/** One of the drawings in css/ink.css. */
export const icon = (name) => h("span", { class: `ink ink-${name}`, "aria-hidden": "true" });

/** A dialog that goes when its page goes. */
export function leaveWithPage(dialog) {
  const leave = () => dialog.close();
  addEventListener("navigate", leave);
  dialog.addEventListener("close", () => removeEventListener("navigate", leave));
}

/** A dialog with what `content(close)` makes; resolves with what `close` was given, undefined when it was left. */
export function ask(label, content) {
  const dialog = h("dialog", { "aria-label": label, tabindex: "-1" });
  return new Promise((resolve) => {
    let answer;
    const close = (value) => { answer = value; dialog.close(); };
    fill(dialog, content(close));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    leaveWithPage(dialog);
    dialog.showModal();
    (dialog.querySelector("[autofocus]") ?? dialog).focus(); // not its first field: a keyboard would cover what is asked
  });
}

/** Says something to those who listen rather than look. */
export function say(text) {
  const line = document.getElementById("said");
  if (line) line.textContent = text;
}

let toast = 0;
/** A sentence that comes and goes at the foot of the page (none: it goes); `offer` {label, act} is one thing that can be done about it. */
export function tell(text, offer = null) {
  const line = document.getElementById("told");
  fill(line, text, offer && h("button", { onclick: () => { line.hidden = true; offer.act(); } }, offer.label));
  line.hidden = !text;
  clearTimeout(toast);
  toast = setTimeout(() => { line.hidden = true; }, offer ? 10_000 : 5_000);
}
