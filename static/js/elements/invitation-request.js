// A guest asks for an invitation: a wish, which holds nothing.
import { read } from "../api.js";
import { addDays, dayName, money, nightOf, nightTime, now } from "../clock.js";
import { h } from "../dom.js";
import { askForm, nightInput } from "../forms.js";
import { t } from "../i18n.js";
import { fromNight } from "../night.js";
import { store } from "../session.js";

const DAYS = 14;

/** In `room`, to a cast; `plan` (id) and `at` (ms) are filled in where they are known. True when it has been sent. */
export function askForInvitation(room, cast, { plan: wished = "", at: start = null } = {}) {
  const key = crypto.randomUUID();
  const plan = h("select", { "data-testid": "ask-plan" }, h("option", { value: "" }, t("request.any_plan")));
  const tonight = nightOf(now());
  const nights = Array.from({ length: DAYS }, (_, i) => addDays(tonight, i));
  const night = h("select", { "data-testid": "ask-day" }, h("option", { value: "" }, t("request.any_day")), nights.map((day) => h("option", { value: day, selected: start !== null && day === nightOf(start) }, dayName(day))));
  const time = nightInput(start === null ? "" : nightTime(start), "ask-time");
  const note = h("textarea", { rows: "3", maxlength: "500", "data-testid": "ask-note" });
  read(`/api/casts/${cast}`).then(({ plans }) => plan.append(...plans.map((p) => h("option", { value: p.id, selected: p.id === wished }, `${p.name} ${money(p.price)}`))), () => {});
  return askForm(t("request.open"), { label: t("request.send"), testid: "ask-send" }, async () => {
    const wish = { type: "invitation.ask", room: room ?? (await store.talkTo(cast)) };
    room = wish.room;
    const at = time.value.trim() && fromNight(night.value || tonight, time.value);
    const day = night.value && !at ? dayName(night.value) : "";
    const words = [day, note.value.trim()].filter(Boolean).join("\n");
    if (plan.value) wish.plan = plan.value;
    if (at) wish.starts_at = at.toISOString();
    if (words) wish.note = words;
    await store.give(wish, key);
  }, h("p", { class: "muted small" }, t("request.what")), h("label", {}, h("span", {}, t("letter.plan")), plan),
  h("div", { class: "pair" }, h("label", {}, h("span", {}, t("letter.day")), night), h("label", {}, h("span", {}, t("request.time")), time)), h("label", {}, h("span", {}, t("request.note")), note))
    .then((done) => done && room);
}
