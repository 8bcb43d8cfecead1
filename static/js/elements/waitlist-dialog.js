// Waiting for a full night: the plan, and between when and when a start would be welcome.
import { command } from "../api.js";
import { addDays, dayName, nightOf, now } from "../clock.js";
import { h, tell } from "../dom.js";
import { askForm, nightInput } from "../forms.js";
import { t } from "../i18n.js";
import { spanOfNight } from "../night.js";

const DAYS = 14;

/** True when one stands in line. */
export async function askToWait(cast, plan) {
  const key = crypto.randomUUID();
  const night = h("select", { "data-testid": "wait-night" }, Array.from({ length: DAYS }, (_, i) => addDays(nightOf(now()), i)).map((day) => h("option", { value: day }, dayName(day))));
  const [from, to] = [nightInput("20:00", "wait-from", { required: true }), nightInput("25:00", "wait-to", { required: true })];
  let place;
  const done = await askForm(t("wait.title"), { label: t("wait.send"), testid: "wait-send" }, async () => {
    const span = spanOfNight(night.value, from.value, to.value);
    if (!span) throw { message: "time.order" };
    const asked = { from: new Date(Math.max(span.begin, now())).toISOString(), to: span.end.toISOString() };
    try { ({ place } = await command({ type: "waitlist.join", cast, plan: plan.id, ...asked }, key)); } catch (error) {
      throw error.code === "wrong_state" ? { message: "wait.free" } : error;
    }
  }, h("p", { class: "muted small" }, t("wait.what")), h("p", {}, plan.name), h("label", {}, h("span", {}, t("letter.day")), night),
  h("div", { class: "pair" }, h("label", {}, h("span", {}, t("filter.from")), from), h("label", {}, h("span", {}, t("filter.to")), to)));
  if (done) tell(t("wait.done", { n: place }));
  return Boolean(done);
}
