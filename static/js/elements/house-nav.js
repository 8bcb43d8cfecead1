// The ways through the house, under the thumb; on a desktop at the edge.
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { path } from "../router.js";
import { store } from "../session.js";

class HouseNav extends HTMLElement {
  #badge = h("span", { class: "badge figures", hidden: true });
  #links = [];

  connectedCallback() {
    const ways = store.me.role === "cast" ? [["tonight", "tonight"], ["reservations", "book"], ["work", "work"]] : [["casts", "cast"], ["reservations", "book"]];
    this.#links = [this.#link("rooms", "talk", this.#badge), ...ways.map((way) => this.#link(...way)), this.#link("settings", "settings")];
    fill(this, h("div", { class: "brand" }), h("nav", { "aria-label": t("nav.label") }, h("ul", {}, this.#links.map((link) => h("li", {}, link)))));
    store.addEventListener("change", this.#render);
    addEventListener("navigate", this.#render);
    this.#render();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#render);
    removeEventListener("navigate", this.#render);
  }

  #link(page, drawing, ...more) {
    return h("a", { href: `/${page}`, "data-page": page, "data-testid": `nav-${page}` }, icon(drawing), h("span", {}, t(`nav.${page}`)), more);
  }

  #render = () => {
    const unread = store.unread;
    this.#badge.hidden = !unread;
    fill(this.#badge, unread > 99 ? "99+" : String(unread), h("span", { class: "unseen" }, t("rooms.unread", { n: unread })));
    const here = { plans: "work", schedule: "work", guests: "rooms", profile: "settings" }[path()[0]] ?? path()[0];
    for (const link of this.#links) {
      if (link.dataset.page === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
}
customElements.define("house-nav", HouseNav);
