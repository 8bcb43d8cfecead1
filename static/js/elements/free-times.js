// When a start of a plan is possible in the next nights; a tap asks for an invitation then, a full night can be waited for.
import { read, sentence } from "../api.js";
import { dayName, nightOf, nightTime } from "../clock.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

const STEP_MS = 30 * 60_000;
const NIGHTS_SHOWN = 4;

class FreeTimes extends HTMLElement {
  /** The cast, her plans, and `choose(plan, at)` for who taps a time (null where nothing can be asked for). Set before it is shown. */
  cast;
  plans;
  choose;
  wait;
  #box = h("div", { class: "stack", "aria-live": "polite" });
  #plan = h("select", { "data-testid": "free-plan", onchange: () => this.#load() });
  #asked = 0;

  connectedCallback() {
    fill(this.#plan, this.plans.map((plan) => h("option", { value: plan.id }, plan.name)));
    fill(this, this.plans.length > 1 && h("label", {}, h("span", {}, t("letter.plan")), this.#plan), this.#box);
    store.addEventListener("availability.changed", this.#changed);
    this.#load();
  }

  disconnectedCallback() { store.removeEventListener("availability.changed", this.#changed); }

  #changed = ({ detail }) => { if (detail.cast === this.cast) this.#load(); };

  async #load() {
    const asked = ++this.#asked;
    const plan = this.plans.find(({ id }) => id === this.#plan.value) ?? this.plans[0];
    if (!this.#box.childElementCount) fill(this.#box, h("p", { class: "muted" }, t("loading")));
    try {
      const { slots } = await read(`/api/casts/${this.cast}/availability?plan=${plan.id}`);
      if (asked === this.#asked) this.#show(plan, slots);
    } catch (error) {
      if (asked === this.#asked) fill(this.#box, h("p", { class: "error", role: "alert" }, sentence(error)), h("button", { onclick: () => this.#load() }, t("again")));
    }
  }

  #show(plan, slots) {
    const nights = new Map();
    for (const { from, to } of slots) {
      for (let at = Math.ceil(Date.parse(from) / STEP_MS) * STEP_MS; at <= Date.parse(to); at += STEP_MS) {
        const night = nightOf(at);
        if (!nights.has(night)) nights.set(night, []);
        nights.get(night).push(at);
      }
    }
    const start = (at) => (this.choose ? h("button", { type: "button", class: "chip figures", "data-testid": "free-time", onclick: () => this.choose(plan, at) }, nightTime(at)) : h("span", { class: "chip figures" }, nightTime(at)));
    const rows = [...nights].map(([night, starts]) => h("li", {}, h("h3", { class: "small" }, dayName(night)), h("div", { class: "chips" }, starts.map(start))));
    const rest = rows.splice(NIGHTS_SHOWN);
    fill(this.#box, rows.length ? h("ul", { class: "stack" }, rows) : h("p", { class: "muted" }, t("free.none")),
      rest.length > 0 && h("details", {}, h("summary", {}, t("free.later")), h("ul", { class: "stack" }, rest)),
      this.wait && plan.waitlist && h("button", { type: "button", "data-testid": "wait", onclick: () => this.wait(plan) }, t("wait.open")));
  }
}
customElements.define("free-times", FreeTimes);
