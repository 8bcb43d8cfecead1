// A cast's desk: her shifts in the notation of the night (25:00), and her plans.
import { socket } from "../app.js";
import { read, sentence } from "../api.js";
import { fromNight, isoDay, money, nightDay, nightTime } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";

class WorkPage extends HTMLElement {
  #error = h("p", { class: "error", role: "alert", hidden: true });

  async connectedCallback() {
    this.replaceChildren(h("header", { class: "bar" }, h("a", { href: "/rooms", class: "button quiet back", "aria-label": t("back") }, "←"), h("h1", {}, t("work.title"))), h("div", { class: "page" }, h("div", { class: "skeleton" })));
    try {
      const [{ shifts }, { items }] = await Promise.all([read("/api/schedule"), read("/api/plans")]);
      this.querySelector(".page").replaceChildren(this.#error, h("h2", {}, t("shifts.title")), this.#shifts(shifts), this.#shiftForm(), h("h2", {}, t("plans.title")), ...this.#plans(items.filter((p) => !p.archived)), this.#planForm());
    } catch (error) { this.querySelector(".page").replaceChildren(h("p", { class: "error" }, sentence(error))); }
  }

  async #act(command) {
    this.#error.hidden = true;
    try { await socket.ask(command, crypto.randomUUID()); await this.connectedCallback(); } catch (error) {
      this.#error.textContent = error.field ? t(`field.${error.field}`) : sentence(error);
      this.#error.hidden = false;
      this.#error.scrollIntoView({ block: "center" });
    }
  }

  #shifts(shifts) {
    if (!shifts.length) return h("p", { class: "muted" }, t("shifts.empty"));
    return h("ul", { class: "list" }, shifts.map((s) => h("li", { class: "row" }, h("span", { class: "figures" }, `${nightDay(s.starts_at)} ${nightTime(s.starts_at)} – ${nightTime(s.ends_at)}`),
      h("button", { class: "quiet", onclick: () => this.#act({ type: "schedule.remove", ...s }) }, t("shifts.remove")))));
  }

  #shiftForm() {
    const date = h("input", { type: "date", required: true, value: isoDay(Date.now()), "data-testid": "shift-date" });
    const from = h("input", { required: true, value: "20:00", pattern: "[0-9]{1,2}:[0-9]{2}", "data-testid": "shift-from" });
    const to = h("input", { required: true, value: "25:00", pattern: "[0-9]{1,2}:[0-9]{2}", "data-testid": "shift-to" });
    return h("form", { class: "card", onsubmit: (event) => {
      event.preventDefault();
      const [starts, ends] = [fromNight(date.value, from.value), fromNight(date.value, to.value)];
      if (starts && ends && starts < ends) this.#act({ type: "schedule.add", starts_at: starts.toISOString(), ends_at: ends.toISOString() });
      else { this.#error.textContent = t("shifts.wrong"); this.#error.hidden = false; }
    } }, h("label", {}, h("span", {}, t("shifts.day")), date), h("div", { class: "row" }, h("label", {}, h("span", {}, t("shifts.from")), from), h("label", {}, h("span", {}, t("shifts.to")), to)),
    h("p", { class: "muted small" }, t("shifts.night")), h("button", { "data-testid": "shift-add" }, t("shifts.add")));
  }

  #plans(plans) {
    return plans.map((p) => h("article", { class: "card" }, h("h3", {}, p.name), h("p", { class: "figures" }, t("plans.line", { minutes: p.minutes, price: money(p.price) })), h("p", { class: "muted small" }, p.terms),
      h("button", { class: "quiet", onclick: () => this.#act({ type: "plan.archive", plan: p.id }) }, t("plans.archive"))));
  }

  #planForm() {
    const input = (name, label, props) => h("label", {}, h("span", {}, label), h(props.rows ? "textarea" : "input", { name, required: true, "data-testid": `plan-${name}`, ...props }));
    return h("form", { class: "card", onsubmit: (event) => {
      event.preventDefault();
      const form = Object.fromEntries(new FormData(event.target));
      this.#act({ type: "plan.save", name: form.name, minutes: Number(form.minutes), price: { amount: Number(form.price), currency: "JPY" }, terms: form.terms, cancel_minutes: Number(form.cancel) });
    } }, h("h3", {}, t("plans.new")), input("name", t("plans.name"), { maxlength: "80" }), h("div", { class: "row" }, input("minutes", t("plans.minutes"), { type: "number", min: "15", max: "720", value: "90" }), input("price", t("plans.price"), { type: "number", min: "0", step: "100", value: "18000" })),
    input("cancel", t("plans.cancel"), { type: "number", min: "0", max: "20160", value: "180" }), input("terms", t("plans.terms"), { rows: "3", maxlength: "4000" }), h("button", { "data-testid": "plan-save" }, t("plans.save")));
  }
}
customElements.define("work-page", WorkPage);
