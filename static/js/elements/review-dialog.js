// After an evening: what one says of it, and one's own side where a no-show was wrong.
import { dayName, nightOf } from "../clock.js";
import { h, tell } from "../dom.js";
import { askForm } from "../forms.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

const AXES = ["conversation", "attentiveness", "style", "punctuality", "reunion"];

/** By a guest five figures and words, by a cast words. `written()` hears of it. */
export async function askReview({ id, cast, guest, starts_at }, written) {
  const key = crypto.randomUUID();
  const byGuest = store.me.role === "guest";
  const comment = h("textarea", { rows: "4", maxlength: "2000", required: !byGuest, "data-testid": "review-comment" });
  const axis = (name) => h("fieldset", { class: "scores" }, h("legend", {}, t(`axis.${name}`)), h("div", { class: "choices" }, [1, 2, 3, 4, 5].map((n) =>
    h("label", {}, h("input", { type: "radio", name, value: n, required: true, "aria-label": t("review.score", { axis: t(`axis.${name}`), n }), "data-testid": `score-${name}-${n}` }), h("span", { "aria-hidden": "true" }, String(n))))));
  const scores = h("div", { class: "stack" }, byGuest && AXES.map(axis));
  const done = await askForm(t("act.review"), { label: t("review.send"), testid: "review-send" }, () => {
    const said = Object.fromEntries(AXES.map((name) => [name, Number(scores.querySelector(`[name=${name}]:checked`)?.value)]));
    return store.give({ type: "review.write", reservation: id, ...(byGuest ? { scores: said } : {}), ...(comment.value.trim() ? { comment: comment.value.trim() } : {}) }, key);
  }, h("p", {}, `${(byGuest ? cast : guest).display_name} · ${dayName(nightOf(starts_at))}`), h("p", { class: "small muted" }, t("review.what")), scores, h("label", {}, h("span", {}, t(byGuest ? "review.comment" : "review.comment_cast")), comment));
  if (done) { tell(t("review.done")); written(); }
}

export async function askDispute({ id, starts_at }) {
  const key = crypto.randomUUID();
  const note = h("textarea", { rows: "4", maxlength: "500", required: true, "data-testid": "dispute-note" });
  const done = await askForm(t("act.dispute"), { label: t("dispute.send"), testid: "dispute-send" }, () => store.give({ type: "reservation.dispute", reservation: id, note: note.value.trim() }, key),
    h("p", {}, dayName(nightOf(starts_at))), h("p", { class: "small muted" }, t("dispute.what")), h("label", {}, h("span", {}, t("dispute.note")), note));
  if (done) tell(t("dispute.done"));
}

