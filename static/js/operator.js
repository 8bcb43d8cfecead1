// The operator's page: sign-in, and a section for each thing that wants a decision. Every decision is a command.
import { call, forget, fresh, keep, knock, sentence } from "./api.js";
import { fill, h } from "./dom.js";
import { loadWords } from "./i18n.js";
import { SECTIONS } from "./operator-sections.js";
import { w } from "./operator-words.js";

const main = document.querySelector("main");
const names = Object.keys(SECTIONS);

async function start() {
  await loadWords();
  const token = await fresh().catch(() => null);
  const me = token && (await call("GET", "/api/me").catch(() => null));
  if (me?.account.role === "operator") show();
  else askPhone(me ? w("stranger") : null);
}

// ── sign-in ──
function form(submit, button, ...fields) {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const press = h("button", { class: "main", "data-testid": "submit" }, button);
  return h("form", { class: "card", onsubmit: async (event) => {
    event.preventDefault();
    press.disabled = true;
    error.hidden = true;
    try { await submit(Object.fromEntries(new FormData(event.target))); }
    catch (refused) { error.textContent = sentence(refused); error.hidden = false; }
    finally { press.disabled = false; }
  } }, ...fields, press, error);
}

function askPhone(complaint) {
  fill(main, h("h1", {}, w("title")), complaint && h("p", { class: "error", role: "alert" }, complaint),
    form(async ({ phone }) => askCode(await knock("POST", "/api/auth/otp", { phone })), w("send"),
      h("label", {}, h("span", {}, w("phone")), h("input", { name: "phone", type: "tel", autocomplete: "tel", required: true, "data-testid": "phone" }))));
  main.querySelector("input").focus();
}

function askCode({ challenge }) {
  fill(main, h("h1", {}, w("title")),
    form(async ({ code }) => {
      const answer = await knock("POST", "/api/auth/verify", { challenge, code });
      if (answer.status !== "signed_in") return askPhone(w("stranger"));
      keep(answer);
      if (answer.account.role !== "operator") { await leave(); return askPhone(w("stranger")); }
      return show();
    }, w("enter"),
    h("label", {}, h("span", {}, w("code")),
      h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", required: true, class: "figures", "data-testid": "code" }))),
    h("button", { class: "quiet", onclick: () => askPhone() }, w("again")));
  main.querySelector("input").focus();
}

async function leave() {
  await call("POST", "/api/auth/logout").catch(() => {});
  forget();
}

// ── the desk ──
function show() {
  const [name, ...rest] = location.hash.slice(1).split("/");
  const chosen = names.includes(name) ? name : names[0];
  const body = h("section", { class: "cards", "aria-label": w(chosen) });
  fill(main,
    h("header", {}, h("h1", {}, w("title")), h("button", { class: "quiet", onclick: async () => { await leave(); askPhone(); } }, w("leave"))),
    h("nav", {}, names.map((one) => h("a", { href: `#${one}`, "aria-current": one === chosen ? "page" : null }, w(one)))),
    body);
  SECTIONS[chosen](body, decodeURIComponent(rest.join("/"))).catch((refused) => body.append(h("p", { class: "error", role: "alert" }, sentence(refused))));
}

addEventListener("hashchange", () => { if (main.querySelector("nav")) show(); });
start();
