// A cast's nights: when she works, in the notation of the night (25:00).
import { command, read, sentence } from "../api.js";
import { dayName, fromNight, nightOf, nightSpan, now } from "../clock.js";
import { fill, h, icon } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";

class ShiftBook extends HTMLElement {
  #problem = problemLine();
  #list = h("ul", { class: "lines", "data-testid": "shifts" });

  connectedCallback() {
    fill(this, h("section", { class: "stack" }, h("h2", {}, t("shifts.title")), this.#list, this.#form(), this.#problem));
    fill(this.#list, h("li", { class: "muted" }, t("loading")));
    read("/api/schedule").then(({ shifts }) => this.#show(shifts), (error) => fill(this.#list, h("li", { class: "error" }, sentence(error))));
  }

  #show(shifts) {
    const coming = shifts.filter((s) => Date.parse(s.ends_at) > now()).sort((a, b) => a.starts_at.localeCompare(b.starts_at));
    fill(this.#list, coming.length ? coming.map((s) => h("li", {}, h("span", { class: "figures" }, h("span", { class: "night" }, dayName(nightOf(s.starts_at))), " ", h("strong", {}, nightSpan(s.starts_at, s.ends_at))),
      h("button", { class: "bare", "aria-label": t("shifts.remove", { when: `${dayName(nightOf(s.starts_at))} ${nightSpan(s.starts_at, s.ends_at)}` }), onclick: (event) => this.#change(event.currentTarget, { type: "schedule.remove", ...s }) }, icon("close")))) : h("li", { class: "muted" }, t("shifts.empty")));
  }

  async #change(button, order) {
    await busy(button, this.#problem, async () => this.#show((await command(order)).shifts));
  }

  #form() {
    const time = (value, testid) => h("input", { required: true, value, inputmode: "numeric", pattern: "[0-9]{1,2}:?[0-9]{2}", class: "figures", "data-testid": testid });
    const night = h("input", { type: "date", required: true, value: nightOf(now()), min: nightOf(now()), "data-testid": "shift-date" });
    const from = time("20:00", "shift-from");
    const to = time("25:00", "shift-to");
    const button = h("button", { "data-testid": "shift-add" }, t("shifts.add"));
    return h("form", { class: "card", onsubmit: async (event) => {
      event.preventDefault();
      const [starts, ends] = [fromNight(night.value, from.value), fromNight(night.value, to.value)];
      if (!starts || !ends || starts >= ends) { this.#problem.textContent = t("shifts.wrong"); this.#problem.hidden = false; return; }
      await this.#change(button, { type: "schedule.add", starts_at: starts.toISOString(), ends_at: ends.toISOString() });
    } }, h("label", {}, h("span", {}, t("shifts.day")), night), h("div", { class: "pair" }, h("label", {}, h("span", {}, t("shifts.from")), from), h("label", {}, h("span", {}, t("shifts.to")), to)),
    h("p", { class: "muted small" }, t("shifts.night")), button);
  }
}
customElements.define("shift-book", ShiftBook);
