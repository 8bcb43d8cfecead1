// Who is in the house, in no order of merit.
import { read, sentence } from "../api.js";
import { money } from "../clock.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { portrait } from "./face.js";

class CastList extends HTMLElement {
  #list = h("ul", { class: "casts" });
  #next = null;

  connectedCallback() {
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.casts"))), this.#list);
    fill(this.#list, [1, 2, 3, 4].map(() => h("li", { class: "waiting", "aria-hidden": "true" }, h("span", { class: "portrait full" }))));
    this.#load([]);
  }

  async #load(before) {
    try {
      const { items, next } = await read(`/api/casts${this.#next ? `?cursor=${encodeURIComponent(this.#next)}` : ""}`);
      this.#next = next;
      const rows = [...before, ...items.map((cast) => this.#row(cast))];
      const more = next && h("li", {}, h("button", { class: "wide", onclick: () => this.#load(rows) }, t("casts.more")));
      fill(this.#list, rows.length ? [rows, more] : h("li", { class: "empty" }, h("p", {}, t("casts.empty"))));
    } catch (error) {
      fill(this.#list, before, h("li", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load(before) }, t("again"))));
    }
  }

  #row({ account, headline, plans, following, status }) {
    const cheapest = [...plans].sort((a, b) => a.price.amount - b.price.amount)[0];
    return h("li", {}, h("a", { href: `/casts/${account.id}`, "data-testid": "cast" }, portrait(account, "full"), h("h2", {}, account.display_name),
      h("span", { class: "small muted figures" }, headline || (cheapest ? t("casts.from", { price: money(cheapest.price) }) : t("casts.no_plans"))),
      (status.tonight || following) && h("span", { class: "small gold" }, [status.tonight && t("casts.tonight"), following && t("casts.following")].filter(Boolean).join(" · "))));
  }
}
customElements.define("cast-list", CastList);
