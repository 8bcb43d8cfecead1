// The weeks that repeat: a shift a weekday of the business day, until it is ended.
import { addDays, nightOf, now, weekday } from "../clock.js";
import { command } from "../api.js";
import { fill, h } from "../dom.js";
import { askForm, busy, nightInput, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { nightLabel, nightMinutes } from "../night.js";

const MONDAY = "2024-01-01"; // one of many: names of weekdays are counted from it

/** {element, show(rules)}. */
export function ruleBook() {
  const list = h("ul", { class: "lines", "data-testid": "rules" });
  let rules = [];

  function show(found) {
    rules = found;
    fill(list, Array.from({ length: 7 }, (_, day) => row(day, rules.find((rule) => rule.weekday === day))));
  }

  const row = (day, rule) => h("li", { "data-testid": `rule-${day}` }, h("span", {}, h("span", { class: "night-short" }, weekday(addDays(MONDAY, day))), h("span", { class: rule ? "figures" : "muted" }, rule ? `${rule.from}–${rule.to}` : t("rules.none"), rule?.until && h("span", { class: "small muted" }, ` ${t("rules.until_day", { day: rule.until })}`))),
    h("button", { type: "button", class: "quiet", "data-testid": `rule-edit-${day}`, "aria-label": t("rules.edit_day", { day: weekday(addDays(MONDAY, day)) }), onclick: () => edit(day, rule) }, t(rule ? "rules.edit" : "rules.add")));

  async function edit(day, rule) {
    const [from, to] = [nightInput(rule?.from ?? "20:00", "rule-from", { required: true }), nightInput(rule?.to ?? "25:00", "rule-to", { required: true })];
    const times = () => {
      const [begin, end] = [nightMinutes(from.value), nightMinutes(to.value, true)];
      if (begin === null || end === null || begin >= end) throw { message: "time.order" };
      return { from: nightLabel(begin), to: nightLabel(end) };
    };
    const until = h("input", { type: "date", value: rule?.until ?? "", min: nightOf(now()), "data-testid": "rule-until" });
    const save = async (order) => { show((await command({ type: "schedule.rule", weekday: day, ...order })).rules); };
    const problem = problemLine();
    const end = rule && h("button", { type: "button", class: "grave", "data-testid": "rule-end", onclick: async () => {
      if (await busy(end, problem, () => save({ from: null }))) end.closest("dialog").close();
    } }, t("rules.end"));
    await askForm(t("rules.every", { day: weekday(addDays(MONDAY, day)) }), { label: t("save"), testid: "rule-save" }, () => save({ ...times(), ...(until.value ? { until: until.value } : {}) }),
      h("div", { class: "pair" }, h("label", {}, h("span", {}, t("shifts.from")), from), h("label", {}, h("span", {}, t("shifts.to")), to)), h("label", {}, h("span", {}, t("rules.until")), until), h("p", { class: "muted small" }, t("rules.what")), problem, end);
  }

  return { element: h("section", { class: "stack" }, h("h2", {}, t("rules.title")), list), show };
}
