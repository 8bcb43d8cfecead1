// What a cast offers: name, minutes, full price, terms. An invitation freezes them; a change touches only what is sent later.
import { command, read, sentence } from "../api.js";
import { ask, fill, h } from "../dom.js";
import { askForm, busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { planCard } from "./plan-card.js";

class PlanBook extends HTMLElement {
  #list = h("div", { class: "stack" });
  #new = h("div");

  connectedCallback() {
    fill(this, h("section", { class: "stack" }, h("h2", {}, t("plans.title")), this.#list, this.#new));
    fill(this.#list, h("p", { class: "muted" }, t("loading")));
    this.#load();
  }

  async #load() {
    try {
      const plans = (await read("/api/plans")).items.filter((plan) => !plan.archived);
      fill(this.#list, plans.length ? plans.map((plan) => this.#card(plan)) : h("p", { class: "muted" }, t("plans.empty")));
      fill(this.#new, plans.length ? h("button", { "data-testid": "plan-new", onclick: () => this.#begin() }, t("plans.new")) : this.#form(null, () => this.#load()));
    } catch (error) { fill(this.#list, h("p", { class: "error", role: "alert" }, sentence(error)), h("button", { onclick: () => this.#load() }, t("again"))); }
    this.dispatchEvent(new Event("ready"));
  }

  #begin() {
    fill(this.#new, this.#form(null, () => this.#load()));
    this.#new.querySelector("input").focus();
  }

  #card(plan) {
    const edit = () => ask(t("plans.edit"), (close) => this.#form(plan, () => { close(); this.#load(); }));
    return planCard(plan, h("div", { class: "row" }, h("button", { onclick: edit, "data-testid": "plan-edit" }, t("plans.edit")), h("button", { class: "quiet", "data-testid": "plan-archive", onclick: () => this.#archive(plan) }, t("plans.archive"))));
  }

  async #archive(plan) {
    const done = await askForm(t("plans.archive"), { testid: "plan-archive-yes", grave: true }, () => command({ type: "plan.archive", plan: plan.id }), h("p", {}, plan.name), h("p", { class: "muted" }, t("plans.archive_what")));
    if (done) this.#load();
  }

  /** `plan` to change, or null for a new one. */
  #form(plan, done) {
    const key = crypto.randomUUID();
    const problem = problemLine();
    const button = h("button", { class: "main", "data-testid": "plan-save" }, t("plans.save"));
    const field = (name, value, props = {}) => h("label", {}, h("span", {}, t(`plans.${name}`)), h(props.rows ? "textarea" : "input", { name, value: String(value), "data-testid": `plan-${name}`, ...props }));
    const number = (name, value, max, props = {}) => field(name, value, { type: "number", inputmode: "numeric", min: "0", max, required: true, class: "figures", ...props });
    return h("form", { class: plan ? null : "card", onsubmit: async (event) => {
      event.preventDefault();
      const said = Object.fromEntries(new FormData(event.target));
      const order = { type: "plan.save", ...(plan ? { plan: plan.id } : {}), name: said.name, terms: said.terms, description: said.description, price: { amount: Number(said.price), currency: plan?.price.currency ?? "JPY" }, waitlist: event.target.elements.waitlist.checked };
      for (const name of ["minutes", "cancel_minutes", "notice_minutes", "buffer_before", "buffer_after"]) order[name] = Number(said[name]);
      if (await busy(button, problem, () => command(order, key))) done();
    } }, h("h3", {}, t(plan ? "plans.edit" : "plans.new")), field("name", plan?.name ?? "", { maxlength: "80", required: true }),
    h("div", { class: "pair" }, number("minutes", plan?.minutes ?? 90, 720, { min: "15", step: "5" }), number("price", plan?.price.amount ?? 18000, 100_000_000)),
    field("terms", plan?.terms ?? "", { rows: "3", maxlength: "4000", required: true, placeholder: t("plans.terms_how") }), field("description", plan?.description ?? "", { rows: "2", maxlength: "4000" }),
    h("div", { class: "pair" }, number("cancel_minutes", plan?.cancel_minutes ?? 180, 20160), number("notice_minutes", plan?.notice_minutes ?? 0, 20160), number("buffer_before", plan?.buffer_before ?? 0, 240), number("buffer_after", plan?.buffer_after ?? 0, 240)),
    h("label", { class: "tick" }, h("input", { type: "checkbox", name: "waitlist", checked: plan?.waitlist, "data-testid": "plan-waitlist" }), h("span", {}, t("plans.waitlist"))), h("p", { class: "muted small" }, t("plans.waitlist_what")),
    problem, button);
  }
}
customElements.define("plan-book", PlanBook);
