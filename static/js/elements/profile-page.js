// A cast writes her own page: words, tags, photos in order, and whether it is published.
import { command, read, sentence } from "../api.js";
import { fill, h, icon, tell } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { store } from "../session.js";
import { photoOrder } from "./photo-order.js";
import { tagPicker } from "./tag-picker.js";

const TAGS = 20;

class ProfilePage extends HTMLElement {
  #page = h("div", { class: "page" });

  connectedCallback() {
    fill(this, h("header", { class: "bar" }, h("a", { href: `/casts/${store.me.id}`, class: "button bare back", "aria-label": t("back") }, icon("back")), h("h1", {}, t("title.profile"))), this.#page);
    fill(this.#page, h("div", { class: "skeleton", "aria-hidden": "true" }));
    this.#load();
  }

  async #load() {
    try { this.#show(await read(`/api/casts/${store.me.id}`)); } catch (error) {
      fill(this.#page, h("div", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load() }, t("again"))));
    }
  }

  #show({ headline, about, area, tags, photos, published }) {
    const field = (name, value, props) => h("label", {}, h("span", {}, t(`profile.${name}`)), h(props.rows ? "textarea" : "input", { name, value, "data-testid": `profile-${name}`, ...props }));
    const chosen = new Set(tags.map(({ id }) => id));
    const count = h("span", { class: "figures" });
    const counted = () => { count.textContent = t("profile.tags", { n: chosen.size, most: TAGS }); };
    const pictures = photoOrder(photos);
    const open = h("input", { type: "checkbox", name: "published", checked: published, "data-testid": "profile-published" });
    const problem = problemLine();
    const button = h("button", { class: "main", "data-testid": "profile-save" }, t("save"));
    counted();
    fill(this.#page, h("form", { class: "stack", onsubmit: async (event) => {
      event.preventDefault();
      const said = Object.fromEntries(new FormData(event.target));
      if (chosen.size > TAGS) { problem.textContent = t("profile.too_many", { most: TAGS }); problem.hidden = false; return; }
      const order = { type: "profile.save", headline: said.headline, about: said.about, area: said.area.trim() || null, tags: [...chosen], photos: pictures.ids(), published: open.checked };
      if (await busy(button, problem, () => command(order))) tell(t("profile.saved"));
    } },
    h("label", { class: "card tick" }, open, h("span", {}, t("profile.published"))), h("p", { class: "small muted" }, t("profile.published_what")),
    h("section", { class: "stack" }, h("h2", {}, t("cast.photos")), h("p", { class: "small muted" }, t("profile.photos_what")), pictures.element),
    field("headline", headline, { maxlength: "80" }), field("about", about, { rows: "8", maxlength: "4000" }), field("area", area ?? "", { maxlength: "40" }),
    h("section", { class: "stack" }, h("h2", {}, t("filter.tags")), count, tagPicker(chosen, null, counted)), problem, h("div", { class: "foot-acts" }, button)));
  }
}
customElements.define("profile-page", ProfilePage);
