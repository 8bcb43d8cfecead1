// One cast: her plans with full prices, and the way into a conversation.
import { command, read, sentence } from "../api.js";
import { money } from "../clock.js";
import { fill, h, icon } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { store } from "../session.js";
import { portrait } from "./face.js";
import { shareLink } from "./share-link.js";

class CastPage extends HTMLElement {
  #page = h("div", { class: "page" });
  #title = h("h1");

  connectedCallback() {
    const back = store.me.role === "cast" ? "/settings" : "/casts";
    fill(this, h("header", { class: "bar" }, h("a", { href: back, class: "button bare back", "aria-label": t("back") }, icon("back")), this.#title), this.#page);
    fill(this.#page, h("div", { class: "skeleton", "aria-hidden": "true" }));
    this.#load();
  }

  async #load() {
    try { this.#show(await read(`/api/casts/${this.dataset.cast}`)); } catch (error) {
      fill(this.#page, h("div", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load() }, t("again"))));
    }
  }

  #show({ account, headline, about, plans, following }) {
    const own = account.id === store.me.id;
    const problem = problemLine();
    const act = (work) => (event) => busy(event.currentTarget, problem, work);
    const talk = act(async () => go(`/rooms/${await store.talkTo(account.id)}`));
    const follow = act(async () => { await command({ type: following ? "follow.remove" : "follow.add", cast: account.id }); await this.#load(); });
    this.#title.textContent = account.display_name;
    fill(this.#page,
      h("header", { class: "profile" }, portrait(account, "large"), h("div", {}, h("h2", {}, account.display_name), headline && h("p", { class: "muted" }, headline))),
      own && h("section", { class: "card" }, h("h3", {}, t("share.title")), h("p", { class: "small muted" }, t("share.what")), shareLink()),
      store.me.role === "guest" && h("div", { class: "stack" }, h("button", { class: "main", "data-testid": "talk", onclick: talk }, icon("talk"), t("casts.talk")),
        h("button", { "data-testid": "follow", "aria-pressed": String(following), onclick: follow }, t(following ? "casts.unfollow" : "casts.follow")), h("p", { class: "small muted" }, t("casts.follow_what"))),
      problem, about && h("p", {}, about),
      h("section", {}, h("h2", {}, t("plans.title")), plans.length ? plans.map((p) => planCard(p)) : h("p", { class: "muted" }, t("casts.no_plans"))));
  }
}

/** A plan as everybody reads it: what, how long, the full price, the terms. */
export function planCard(plan, ...acts) {
  return h("article", { class: "card plan", "data-testid": "plan-card" }, h("header", {}, h("h3", {}, plan.name), h("span", { class: "price" }, money(plan.price))),
    h("p", { class: "small muted figures" }, t("plans.line", { minutes: plan.minutes })), plan.description && h("p", {}, plan.description), h("p", { class: "small muted terms" }, plan.terms), acts);
}
customElements.define("cast-page", CastPage);
