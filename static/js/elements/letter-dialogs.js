// What is asked before something that counts: a pledge without holding, and a cancellation.
import { sentence } from "../api.js";
import { dayName, money, nightOf, nightSpan, now } from "../clock.js";
import { ask, busy, fill, h } from "../dom.js";
import { t } from "../i18n.js";

/** For whoever cannot hold: the same words, and two separate confirmations. `pledge` may throw. */
export function confirmInSteps({ cast, plan, starts_at, ends_at }, pledge) {
  const words = h("dl", { class: "stack" }, [[t("letter.cast"), cast.display_name], [t("letter.plan"), plan.name], [t("letter.time"), `${dayName(nightOf(starts_at))} ${nightSpan(starts_at, ends_at)}`], [t("letter.price"), `${money(plan.price)} ${t("letter.total")}`]]
    .map(([label, value]) => h("div", {}, h("dt", { class: "small muted" }, label), h("dd", { class: "figures" }, value))), h("dd", { class: "small muted" }, plan.terms));
  return ask(t("seal.pledge"), (close) => {
    const problem = h("p", { class: "error", role: "alert", hidden: true });
    const acts = h("div", { class: "acts" });
    const leave = h("button", { class: "quiet", onclick: () => close() }, t("cancel"));
    const second = h("button", { class: "main", "data-testid": "step-2", onclick: async () => {
      if (await busy(second, problem, sentence, async () => { await pledge(); return true; })) close();
    } }, t("seal.step2"));
    const first = h("button", { "data-testid": "step-1", onclick: () => { fill(acts, h("p", {}, t("seal.really")), second, leave); second.focus(); } }, t("seal.step1"));
    fill(acts, first, leave);
    return h("div", { class: "stack" }, h("h2", {}, t("seal.pledge")), words, problem, acts);
  });
}

/** `cancel` is given the command; after the free time the command says that it is late, and so does the dialog. */
export function confirmCancel({ id, cancel_until }, cancel) {
  return ask(t("reservation.cancel"), (close) => {
    let late = Date.parse(cancel_until) < now();
    const key = crypto.randomUUID();
    const words = h("p", {}, t(late ? "reservation.cancel_late" : "reservation.cancel_really"));
    const reason = h("input", { maxlength: "500", "data-testid": "cancel-reason" });
    const problem = h("p", { class: "error", role: "alert", hidden: true });
    const button = h("button", { class: "grave", "data-testid": "cancel-yes" }, t("reservation.cancel_yes"));
    return h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const command = { type: "reservation.cancel", reservation: id, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}), ...(late ? { late: true } : {}) };
      const done = await busy(button, problem, sentence, async () => {
        try { await cancel(command, key); } catch (error) {
          if (error.code !== "too_late" || late || error.field !== "late") throw error;
          late = true;
          words.textContent = t("reservation.cancel_late");
          return false;
        }
        return true;
      });
      if (done) close();
    } }, h("h2", {}, t("reservation.cancel")), words, h("label", {}, h("span", {}, t("reservation.reason")), reason), problem, h("div", { class: "acts" }, button, h("button", { type: "button", class: "quiet", onclick: () => close() }, t("back"))));
  });
}
