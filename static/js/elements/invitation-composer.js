// An invitation in three taps: plan, time, send. Offers only what is free.
import { store } from "../app.js";
import { read, sentence } from "../api.js";
import { money, nightDay, nightTime } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";

const STEP_MS = 30 * 60e3; // starts on the half hour
const DAYS = 7;

class InvitationComposer extends HTMLElement {
  #slots = h("div", { class: "slots", "data-testid": "slots" });
  #error = h("p", { class: "error", role: "alert", hidden: true });
  #send = h("button", { class: "main", disabled: true, "data-testid": "invite-send" }, t("invite.send"));
  #starts = null;
  #key = crypto.randomUUID();

  async connectedCallback() {
    const close = h("button", { type: "button", class: "quiet", onclick: () => this.closest("dialog").close() }, t("cancel"));
    this.replaceChildren(h("h2", {}, t("invite.title")), h("p", { class: "muted" }, t("loading")), close);
    try {
      const plans = (await read("/api/plans")).items.filter((plan) => !plan.archived);
      if (!plans.length) { this.replaceChildren(h("h2", {}, t("invite.title")), h("p", {}, t("invite.no_plans")), h("div", { class: "row" }, h("a", { class: "button", href: "/work", onclick: () => this.closest("dialog").close() }, t("work.title")), close)); return; }
      const plan = h("select", { "data-testid": "plan", onchange: () => this.#load(plan.value) }, plans.map((p) => h("option", { value: p.id }, `${p.name} · ${money(p.price)}`)));
      const valid = h("select", {}, [[1800, "30"], [3600, "60"], [7200, "120"]].map(([s, n]) => h("option", { value: String(s) }, t("invite.minutes", { n }))));
      const form = h("form", { onsubmit: (event) => { event.preventDefault(); this.#submit(plan.value, Number(valid.value)); } }, h("h2", {}, t("invite.title")),
        h("label", {}, h("span", {}, t("letter.plan")), plan), h("div", { class: "field" }, h("span", {}, t("invite.time")), this.#slots), h("label", {}, h("span", {}, t("invite.valid")), valid), this.#error,
        h("div", { class: "row" }, this.#send, close));
      this.replaceChildren(form);
      await this.#load(plans[0].id);
    } catch (error) { this.replaceChildren(h("h2", {}, t("invite.title")), h("p", { class: "error" }, sentence(error)), close); }
  }

  async #load(plan) {
    this.#choose(null);
    const from = new Date();
    const to = new Date(from.getTime() + DAYS * 86400e3);
    const { slots } = await read(`/api/casts/${store.me.id}/availability?plan=${plan}&from=${from.toISOString()}&to=${to.toISOString()}`);
    const starts = slots.flatMap(({ from, to }) => {
      const found = [];
      for (let at = Math.ceil(Date.parse(from) / STEP_MS) * STEP_MS; at <= Date.parse(to); at += STEP_MS) found.push(new Date(at));
      return found;
    }).slice(0, 96);
    let day = "";
    this.#slots.replaceChildren(...(starts.length ? starts.flatMap((at) => {
      const heading = nightDay(at) === day ? [] : [h("p", { class: "small muted", style: null }, (day = nightDay(at)))];
      return [...heading, h("button", { type: "button", class: "figures", "aria-pressed": "false", "data-testid": "slot", onclick: (event) => this.#choose(at, event.target) }, nightTime(at))];
    }) : [h("p", { class: "muted" }, t("invite.nothing_free")), h("a", { class: "button", href: "/work", onclick: () => this.closest("dialog").close() }, t("work.title"))]));
  }

  #choose(at, button = null) {
    for (const other of this.#slots.querySelectorAll("[aria-pressed]")) other.setAttribute("aria-pressed", String(other === button));
    this.#starts = at;
    this.#send.disabled = !at;
  }

  async #submit(plan, valid_s) {
    this.#send.disabled = true;
    this.#error.hidden = true;
    try {
      await store.say({ type: "invitation.send", room: this.dataset.room, plan, starts_at: this.#starts.toISOString(), valid_s }, this.#key);
      this.closest("dialog").close();
    } catch (error) {
      if (!error.temporary) this.#key = crypto.randomUUID();
      this.#error.textContent = sentence(error);
      this.#error.hidden = false;
      this.#send.disabled = false;
    }
  }
}
customElements.define("invitation-composer", InvitationComposer);
