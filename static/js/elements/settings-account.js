// The account itself: its number, everything the house has of it, and its end.
import { call, fresh, Refused } from "../api.js";
import { calendarDay, clockTime, dayName } from "../clock.js";
import { ask, fill, h, tell } from "../dom.js";
import { askForm, busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { clear } from "../leave.js";

const moment = (at) => `${dayName(calendarDay(at))} ${clockTime(at)}`;

/** {element, show(what GET /api/me said)}. */
export function accountPart() {
  const problem = problemLine();
  const number = h("div", { class: "stack" });
  const out = h("button", { "data-testid": "export", onclick: () => busy(out, problem, archive) }, t("account.export"));
  const end = h("button", { class: "grave quiet", "data-testid": "account-end", onclick: askEnd }, t("account.end"));

  function show({ phone }) {
    const change = phone?.change;
    fill(number, h("p", { class: "figures" }, t("account.number", { last: phone?.last_four ?? "–" })),
      change ? [h("p", { class: "small", role: "status" }, t("account.changes", { last: change.last_four, at: moment(change.effective_at) })), h("button", { "data-testid": "phone-keep", onclick: (event) => busy(event.currentTarget, problem, async () => { await call("DELETE", "/api/auth/phone"); show({ phone: { ...phone, change: null } }); }) }, t("account.keep"))]
        : h("button", { "data-testid": "phone-change", onclick: async () => { const made = await changeNumber(); if (made) show({ phone: { ...phone, change: made } }); } }, t("account.change")));
  }

  return { element: h("section", {}, h("h2", {}, t("account.title")), number, h("p", { class: "small muted" }, t("account.export_what")), h("div", { class: "row" }, out, end), problem), show };
}

/** A code to the new number; {last_four, effective_at}, or undefined. */
function changeNumber() {
  return ask(t("account.change"), (close) => {
    const box = h("div");
    const problem = problemLine();
    const step = (label, testid, field, work) => {
      const button = h("button", { class: "main", "data-testid": testid }, label);
      fill(box, h("form", { onsubmit: (event) => { event.preventDefault(); busy(button, problem, work); } }, h("h2", {}, t("account.change")), h("p", { class: "small muted" }, t("account.change_what")), field, problem, h("div", { class: "acts" }, button, h("button", { type: "button", class: "quiet", onclick: () => close() }, t("cancel")))));
    };
    const phone = h("input", { type: "tel", autocomplete: "tel", required: true, class: "figures", "data-testid": "new-phone" });
    const code = h("input", { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6", required: true, class: "figures", "data-testid": "new-code" });
    step(t("door.send"), "new-phone-send", h("label", {}, h("span", {}, t("account.new_number")), phone), async () => {
      const { challenge } = await call("POST", "/api/auth/phone", { phone: phone.value });
      step(t("door.verify"), "new-code-send", h("label", {}, h("span", {}, t("door.code")), code), async () => {
        const { effective_at } = await call("POST", "/api/auth/phone/verify", { challenge, code: code.value.trim() });
        close({ last_four: phone.value.replace(/\D/g, "").slice(-4), effective_at });
      });
    });
    return box;
  });
}

async function archive() {
  const link = h("a", { href: URL.createObjectURL(await fetchFile("/api/me/export")), download: "fuuro.zip" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function askEnd() {
  const sure = h("input", { type: "checkbox", required: true, "data-testid": "end-sure" });
  let at;
  const done = await askForm(t("account.end"), { testid: "end-yes", grave: true }, async () => {
    try { at = (await call("DELETE", "/api/me")).effective_at; } catch (error) { throw error.code === "wrong_state" ? { message: "account.booked" } : error; }
  }, h("p", {}, t("account.end_what")), h("label", { class: "tick" }, sure, h("span", {}, t("account.end_sure"))));
  if (!done) return;
  await clear();
  tell(t("account.ended", { at: moment(at) }));
}


/** What is no JSON, as a Blob. Throws Refused. */
async function fetchFile(path) {
  const bearer = await fresh();
  if (!bearer) throw new Refused({ code: "unauthenticated" });
  const answer = await fetch(path, { headers: { authorization: `Bearer ${bearer}` } });
  if (!answer.ok) throw new Refused(await answer.json().catch(() => ({ code: "internal" })));
  return answer.blob();
}
