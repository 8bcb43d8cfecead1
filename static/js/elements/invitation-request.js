// A guest asks for an invitation: a wish, which holds nothing.
import { read, sentence } from "../api.js";
import { addDays, dayName, fromNight, money, nightOf, now } from "../clock.js";
import { ask, busy, fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

const DAYS = 14;

export function askForInvitation(room) {
  const key = crypto.randomUUID();
  const cast = store.rooms.get(room)?.with;
  return ask(t("request.open"), (close) => {
    const plan = h("select", { "data-testid": "ask-plan" }, h("option", { value: "" }, t("request.any_plan")));
    const tonight = nightOf(now());
    const night = h("select", { "data-testid": "ask-day" }, h("option", { value: "" }, t("request.any_day")), Array.from({ length: DAYS }, (_, i) => addDays(tonight, i)).map((day) => h("option", { value: day }, dayName(day))));
    const time = h("input", { inputmode: "numeric", placeholder: "21:00", pattern: "[0-9]{1,2}:?[0-9]{2}", class: "figures", "data-testid": "ask-time" });
    const note = h("textarea", { rows: "3", maxlength: "500", "data-testid": "ask-note" });
    const problem = h("p", { class: "error", role: "alert", hidden: true });
    const send = h("button", { class: "main", "data-testid": "ask-send" }, t("request.send"));
    read(`/api/casts/${cast?.id}`).then(({ plans }) => fill(plan, [...plan.children], plans.map((p) => h("option", { value: p.id }, `${p.name} ${money(p.price)}`))), () => {});
    return h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const wish = { type: "invitation.ask", room };
      if (plan.value) wish.plan = plan.value;
      const at = time.value.trim() && fromNight(night.value || tonight, time.value);
      if (at) wish.starts_at = at.toISOString();
      if (note.value.trim()) wish.note = note.value.trim();
      else if (night.value && !at) wish.note = dayName(night.value);
      if (await busy(send, problem, sentence, () => store.give(wish, key))) close();
    } }, h("h2", {}, t("request.open")), h("p", { class: "muted small" }, t("request.what")),
    h("label", {}, h("span", {}, t("letter.plan")), plan), h("div", { class: "pair" }, h("label", {}, h("span", {}, t("letter.day")), night), h("label", {}, h("span", {}, t("request.time")), time)),
    h("label", {}, h("span", {}, t("request.note")), note), problem, h("div", { class: "acts" }, send, h("button", { type: "button", class: "quiet", onclick: () => close() }, t("cancel"))));
  });
}
