// A cast's nights: drawn on a calendar, or typed in the notation of the night (25:00); and the weeks that repeat.
import { command, read, sentence } from "../api.js";
import { dayName, nightOf, nightSpan, nightTime, now } from "../clock.js";
import { fill, h, icon, tell } from "../dom.js";
import { askForm, busy, nightInput, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { nightLabel, spanOfNight } from "../night.js";
import { store } from "../session.js";
import "./night-calendar.js";
import { ruleBook } from "./rule-book.js";

const LONG = 5 * 60; // minutes of a shift that one is offered

class ShiftBook extends HTMLElement {
  #problem = problemLine();
  #list = h("ul", { class: "lines", "data-testid": "shifts" });
  #calendar = h("night-calendar");
  #rules = ruleBook();
  #working = Promise.resolve();

  connectedCallback() {
    Object.assign(this.#calendar, { change: (shift, next) => this.#move(shift, next), edit: (night, shift, from) => this.#edit(night, shift, from) });
    fill(this, h("section", { class: "stack" }, h("h2", {}, t("shifts.title")), h("p", { class: "small muted" }, t("calendar.how")), this.#calendar, this.#problem, this.#form(),
      h("details", {}, h("summary", {}, t("calendar.list")), this.#list), this.#rules.element));
    fill(this.#list, h("li", { class: "muted" }, t("loading")));
    store.addEventListener("availability.changed", this.#changed);
    this.#load();
  }

  disconnectedCallback() { store.removeEventListener("availability.changed", this.#changed); }

  #changed = ({ detail }) => { if (detail.cast === store.me?.id) this.#load(); };

  async #load() {
    try {
      const { shifts, rules } = await read("/api/schedule");
      this.#show(shifts);
      this.#rules.show(rules);
    } catch (error) { fill(this.#list, h("li", { class: "error" }, sentence(error))); }
  }

  #show(shifts) {
    const coming = shifts.filter((s) => Date.parse(s.ends_at) > now()).sort((a, b) => a.starts_at.localeCompare(b.starts_at));
    this.#calendar.show(coming);
    fill(this.#list, coming.length ? coming.map((s) => h("li", {}, h("span", { class: "figures" }, h("span", { class: "night" }, dayName(nightOf(s.starts_at))), " ", h("strong", {}, nightSpan(s.starts_at, s.ends_at))),
      h("button", { class: "bare", "aria-label": t("shifts.remove", { when: `${dayName(nightOf(s.starts_at))} ${nightSpan(s.starts_at, s.ends_at)}` }), onclick: () => this.#move(s, null) }, icon("close")))) : h("li", { class: "muted" }, t("shifts.empty")));
  }

  /** `shift` becomes `next`; null: there was none, there is to be none. One after the other, as they were meant. */
  #move(shift, next) {
    this.#working = this.#working.then(async () => {
      this.#problem.hidden = true;
      try {
        await this.#give(shift, next);
        if (!next) tell(t("calendar.removed"), { label: t("undo"), act: () => this.#move(null, { starts_at: shift.starts_at, ends_at: shift.ends_at }) });
      } catch (error) {
        this.#problem.textContent = error.code === "wrong_state" ? t("calendar.booked") : sentence(error);
        this.#problem.hidden = false;
        tell(this.#problem.textContent);
      }
      await this.#load();
    });
    return this.#working;
  }

  async #give(shift, next) {
    const gone = (starts_at, ends_at) => (starts_at < ends_at ? command({ type: "schedule.remove", starts_at, ends_at }) : null);
    const iso = (at) => new Date(at).toISOString();
    if (!next) { await gone(shift.starts_at, shift.ends_at); return; }
    await command({ type: "schedule.add", ...next });
    if (!shift) return;
    const [a, b, c, d] = [shift.starts_at, shift.ends_at, next.starts_at, next.ends_at].map(iso);
    await gone(a, c < b ? c : b);
    await gone(d > a ? d : a, b);
  }

  async #edit(night, shift, from) {
    const begin = nightInput(shift ? nightTime(shift.starts_at, night) : nightLabel(from), "edit-from", { required: true });
    const end = nightInput(shift ? nightTime(shift.ends_at, night) : nightLabel(Math.min(from + LONG, 30 * 60)), "edit-to", { required: true });
    const away = shift && h("button", { type: "button", class: "grave", "data-testid": "edit-remove", onclick: (event) => { event.currentTarget.closest("dialog").close(); this.#move(shift, null); } }, t("calendar.remove"));
    await askForm(dayName(night), { label: t("save"), testid: "edit-save" }, async () => {
      await this.#move(shift, spanOf(night, begin, end));
    }, h("div", { class: "pair" }, h("label", {}, h("span", {}, t("shifts.from")), begin), h("label", {}, h("span", {}, t("shifts.to")), end)), h("p", { class: "muted small" }, t("shifts.night")), away);
  }

  #form() {
    const night = h("input", { type: "date", required: true, value: nightOf(now()), min: nightOf(now()), "data-testid": "shift-date" });
    const [from, to] = [nightInput("20:00", "shift-from", { required: true }), nightInput("25:00", "shift-to", { required: true })];
    const problem = problemLine();
    const button = h("button", { "data-testid": "shift-add" }, t("shifts.add"));
    return h("form", { class: "card", onsubmit: async (event) => {
      event.preventDefault();
      await busy(button, problem, async () => {
        this.#show((await command({ type: "schedule.add", ...spanOf(night.value, from, to) })).shifts);
      });
    } }, h("label", {}, h("span", {}, t("shifts.day")), night), h("div", { class: "pair" }, h("label", {}, h("span", {}, t("shifts.from")), from), h("label", {}, h("span", {}, t("shifts.to")), to)),
    h("p", { class: "muted small" }, t("shifts.night")), problem, button);
  }
}

/** What two fields say of a night, as the server wants it. */
function spanOf(night, from, to) {
  const span = spanOfNight(night, from.value, to.value);
  if (!span) throw { message: "time.order" };
  return { starts_at: span.begin.toISOString(), ends_at: span.end.toISOString() };
}
customElements.define("shift-book", ShiftBook);
