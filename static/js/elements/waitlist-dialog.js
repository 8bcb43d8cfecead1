// Waiting for a full night: the plan, and between when and when a start would be welcome.
import { command } from "../api.js";
import { addDays, dayName, fromNight, nightOf, now } from "../clock.js";
import { h, tell } from "../dom.js";
import { askForm } from "../forms.js";
import { t } from "../i18n.js";

const DAYS = 14;

/** True when one stands in line. */
export async function askToWait(cast, plan) {
  const key = crypto.randomUUID();
  const night = h("select", { "data-testid": "wait-night" }, Array.from({ length: DAYS }, (_, i) => addDays(nightOf(now()), i)).map((day) => h("option", { value: day }, dayName(day))));
  const time = (value, testid) => h("input", { inputmode: "numeric", required: true, pattern: "[0-9]{1,2}:?[0-9]{2}", class: "figures", value, "data-testid": testid });
  const [from, to] = [time("20:00", "wait-from"), time("25:00", "wait-to")];
  let place;
  const done = await askForm(t("wait.title"), { label: t("wait.send"), testid: "wait-send" }, async () => {
    const [begin, end] = [fromNight(night.value, from.value), fromNight(night.value, to.value)];
    if (!begin || !end || end < begin) throw { code: "invalid", field: "starts_at" };
    const span = { from: new Date(Math.max(begin, now())).toISOString(), to: end.toISOString() };
    try { ({ place } = await command({ type: "waitlist.join", cast, plan: plan.id, ...span }, key)); } catch (error) {
      throw error.code === "wrong_state" ? { message: "wait.free" } : error;
    }
  }, h("p", { class: "muted small" }, t("wait.what")), h("p", {}, plan.name), h("label", {}, h("span", {}, t("letter.day")), night),
  h("div", { class: "pair" }, h("label", {}, h("span", {}, t("filter.from")), from), h("label", {}, h("span", {}, t("filter.to")), to)));
  if (done) tell(t("wait.done", { n: place }));
  return Boolean(done);
}
