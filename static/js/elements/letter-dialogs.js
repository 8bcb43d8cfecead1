// What is asked before something that counts: a pledge without holding, a no, a cancellation.
import { dayName, money, nightOf, nightSpan, now } from "../clock.js";
import { ask, fill, h } from "../dom.js";
import { askForm, busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";

/** For whoever cannot hold: the same words, and two separate confirmations. `pledge` may throw. */
export function confirmInSteps({ cast, plan, starts_at, ends_at }, pledge) {
  const words = h("dl", { class: "stack" }, [[t("letter.cast"), cast.display_name], [t("letter.plan"), plan.name], [t("letter.time"), `${dayName(nightOf(starts_at))} ${nightSpan(starts_at, ends_at)}`], [t("letter.price"), `${money(plan.price)} ${t("letter.total")}`]]
    .map(([label, value]) => h("div", {}, h("dt", { class: "small muted" }, label), h("dd", { class: "figures" }, value))));
  return ask(t("seal.pledge"), (close) => {
    const problem = problemLine();
    const acts = h("div", { class: "acts" });
    const leave = h("button", { class: "quiet", onclick: () => close() }, t("cancel"));
    const second = h("button", { class: "main", "data-testid": "step-2", onclick: async () => {
      if (await busy(second, problem, pledge)) close();
    } }, t("seal.step2"));
    const first = h("button", { "data-testid": "step-1", onclick: () => { fill(acts, h("p", {}, t("seal.really")), second, leave); second.focus(); } }, t("seal.step1"));
    fill(acts, first, leave);
    return h("div", { class: "stack" }, h("h2", {}, t("seal.pledge")), words, h("p", { class: "small muted" }, plan.terms), problem, acts);
  });
}

/** `decline` is given the command and its key. */
export function confirmDecline({ id, cast }, decline) {
  const key = crypto.randomUUID();
  return askForm(t("invite.decline"), { testid: "decline-yes", grave: true }, () => decline({ type: "invitation.decline", reservation: id }, key), h("p", {}, t("invite.decline_really", { name: cast.display_name })));
}

/** `cancel` is given the command and its key; after the free time both the words and the command say that it is late. */
export function confirmCancel({ id, cancel_until }, cancel) {
  const key = crypto.randomUUID();
  const words = h("p");
  const reason = h("input", { maxlength: "500", "data-testid": "cancel-reason" });
  let late;
  const say = (isLate) => { late = isLate; words.textContent = t(late ? "reservation.cancel_late" : "reservation.cancel_really"); };
  say(Date.parse(cancel_until) < now());
  return askForm(t("reservation.cancel"), { label: t("reservation.cancel_yes"), testid: "cancel-yes", grave: true }, async () => {
    try { await cancel({ type: "reservation.cancel", reservation: id, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}), ...(late ? { late } : {}) }, key); } catch (error) {
      if (error.code === "too_late" && error.field === "late") say(true); // it has become late meanwhile: asked once more
      throw error;
    }
  }, words, h("label", {}, h("span", {}, t("reservation.reason")), reason));
}
