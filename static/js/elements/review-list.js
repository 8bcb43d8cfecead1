// What guests said of a cast: words and five figures, no names.
import { read, sentence } from "../api.js";
import { calendarDay, dayName } from "../clock.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";

class ReviewList extends HTMLElement {
  #list = h("ul", { class: "stack" });
  #more = h("button", { hidden: true, onclick: () => this.#load() }, t("casts.more"));
  #next = null;

  connectedCallback() {
    fill(this, this.#list, this.#more);
    fill(this.#list, h("li", { class: "muted" }, t("loading")));
    this.#load();
  }

  async #load() {
    this.#more.disabled = true;
    try {
      const { items, next } = await read(`/api/casts/${this.dataset.cast}/reviews${this.#next ? `?cursor=${encodeURIComponent(this.#next)}` : ""}`);
      if (!this.#next) this.#list.replaceChildren();
      this.#next = next;
      this.#more.hidden = !next;
      this.#list.append(...items.map(row));
      if (!this.#list.childElementCount) fill(this.#list, h("li", { class: "muted" }, t("reviews.none")));
    } catch (error) { fill(this.#list, h("li", { class: "error", role: "alert" }, sentence(error))); } finally { this.#more.disabled = false; }
  }
}

function row({ id, scores, comment, visible_at }) {
  const mean = scores && Object.values(scores).reduce((sum, n) => sum + n, 0) / Object.keys(scores).length;
  return h("li", { class: "review", "data-testid": "review" }, comment ? h("p", {}, comment) : h("p", { class: "muted" }, t("reviews.silent")),
    h("p", { class: "small muted figures" }, [mean && t("reviews.mean", { n: mean.toFixed(1) }), dayName(calendarDay(visible_at))].filter(Boolean).join(" · "),
      h("button", { class: "quiet tiny", onclick: async () => (await import("./report-dialog.js")).report({ kind: "review", review: id }) }, t("report.open"))));
}
customElements.define("review-list", ReviewList);
