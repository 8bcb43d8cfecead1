// Who is in the house: looked for by words, tags, time and price, in no order of merit; who comes online while one looks is seen.
import { read, sentence } from "../api.js";
import { money } from "../clock.js";
import { fill, h, icon, say } from "../dom.js";
import { t } from "../i18n.js";
import { isReturn } from "../router.js";
import { socket, store } from "../session.js";
import { askWish, countOf, questionOf, searchOf, wishOf } from "./cast-filter.js";
import { portrait } from "./face.js";

const TYPING_MS = 300;
const FRESH_MS = 60_000; // whom one does not follow is not told of; the answer is 304 where nothing has changed
const STATUSES = ["tonight", "online"];
let left = null; // {search, casts, next, top}: the list as it was when one went on from it

class CastList extends HTMLElement {
  #wish = wishOf(location.search);
  #casts = [];
  #rows = new Map();
  #next = null;
  #asked = 0; // counts questions: the answer to an earlier one is not shown
  #typing = 0;
  #clock = 0;
  #scroller;
  #top = 0;
  #list = h("ul", { class: "casts", "aria-label": t("title.casts") });
  #more = h("button", { class: "wide", "data-testid": "casts-more", hidden: true, onclick: () => this.#load(true) }, t("casts.more"));
  #count = h("span", { class: "badge figures", hidden: true });
  #statuses = STATUSES.map((status) => h("button", { type: "button", class: "chip", "data-testid": `status-${status}`, onclick: () => this.#turn({ status: this.#wish.status === status ? "" : status }) },
    h("span", { class: `dot ${status}`, "aria-hidden": "true" }), t(`casts.${status}`)));

  connectedCallback() {
    const words = h("input", { type: "search", value: this.#wish.q, placeholder: t("filter.words"), "aria-label": t("filter.words"), enterkeyhint: "search", maxlength: "100", "data-testid": "search",
      oninput: () => { clearTimeout(this.#typing); this.#typing = setTimeout(() => this.#turn({ q: words.value }), TYPING_MS); } });
    const filter = h("button", { type: "button", class: "chip", "data-testid": "filter", onclick: async () => { const wish = await askWish(this.#wish); if (wish) this.#turn(wish); } }, t("filter.open"), this.#count);
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.casts"))),
      h("form", { class: "finder", role: "search", onsubmit: (event) => { event.preventDefault(); words.blur(); } }, words, h("div", { class: "chips" }, this.#statuses, filter)), this.#list, this.#more);
    store.addEventListener("status.changed", this.#heard);
    socket.addEventListener("opened", this.#again);
    addEventListener("navigate", this.#wished);
    this.#scroller = this.closest("main");
    this.#scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    document.addEventListener("visibilitychange", this.#again);
    this.#clock = setInterval(this.#again, FRESH_MS);
    this.#marks();
    if (isReturn && left?.search === location.search) { this.#restore(left); return; }
    fill(this.#list, [1, 2, 3, 4].map(() => h("li", { class: "waiting", "aria-hidden": "true" }, h("span", { class: "portrait full" }))));
    this.#load();
  }

  disconnectedCallback() {
    store.removeEventListener("status.changed", this.#heard);
    socket.removeEventListener("opened", this.#again);
    removeEventListener("navigate", this.#wished);
    this.#scroller.removeEventListener("scroll", this.#scrolled);
    left = { search: searchOf(this.#wish), casts: this.#casts, next: this.#next, top: this.#top };
    document.removeEventListener("visibilitychange", this.#again);
    clearInterval(this.#clock);
    clearTimeout(this.#typing);
  }

  #scrolled = () => { this.#top = this.#scroller.scrollTop; };

  #restore({ casts, next, top }) {
    [this.#casts, this.#next] = [casts, next];
    this.#show();
    queueMicrotask(() => { this.#scroller.scrollTop = top; }); // the frame begins each page at its top
    this.#again();
  }

  /** The address says something else while the list stays: it was asked for from outside. */
  #wished = () => {
    if (location.pathname !== "/casts" || location.search === searchOf(this.#wish)) return;
    this.#wish = wishOf(location.search);
    this.querySelector("[type=search]").value = this.#wish.q;
    this.#marks();
    this.#load();
  };

  #turn(change) {
    this.#wish = { ...this.#wish, ...change };
    history.replaceState(history.state, "", `/casts${searchOf(this.#wish)}`);
    this.#marks();
    this.#load();
  }

  #marks() {
    this.#statuses.forEach((button, i) => button.setAttribute("aria-pressed", String(this.#wish.status === STATUSES[i])));
    const count = countOf(this.#wish);
    this.#count.hidden = !count;
    this.#count.textContent = String(count);
  }

  #again = () => { if (!document.hidden && this.#casts.length <= 30) this.#load(false, true); };

  /** Someone I follow came or went: seen at once, and where the list asks for it, it is asked anew. */
  #heard = ({ detail: { cast, status } }) => {
    const known = this.#casts.find(({ account }) => account.id === cast);
    if (known) { known.status = status; this.#show(); }
    if (this.#wish.status) this.#load(false, true);
  };

  async #load(further = false, quietly = false) {
    const asked = ++this.#asked;
    this.#more.disabled = true;
    if (!further && !quietly) this.#list.setAttribute("aria-busy", "true");
    try {
      const { items, next } = await read(questionOf(this.#wish, further ? this.#next : null));
      if (asked !== this.#asked) return;
      const known = new Set(further ? this.#casts.map(({ account }) => account.id) : []);
      this.#casts = [...(further ? this.#casts : []), ...items.filter(({ account }) => !known.has(account.id))];
      this.#next = next;
      this.#show();
      if (!quietly && !further) say(t("casts.found", { n: next ? `${items.length}+` : items.length }));
    } catch (error) {
      if (asked !== this.#asked || quietly) return;
      this.#more.hidden = true;
      fill(this.#list, h("li", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load(further) }, t("again"))));
    } finally {
      if (asked === this.#asked) { this.#more.disabled = false; this.#list.removeAttribute("aria-busy"); }
    }
  }

  #show() {
    this.#more.hidden = !this.#next;
    if (this.#casts.length) { fill(this.#list, this.#casts.map((cast) => this.#row(cast))); return; }
    const nothing = countOf(this.#wish) || this.#wish.q || this.#wish.status;
    fill(this.#list, h("li", { class: "empty" }, h("p", {}, t(nothing ? "casts.none_found" : "casts.empty")), nothing && h("button", { onclick: () => { this.#turn(wishOf("")); this.querySelector("[type=search]").value = ""; } }, t("filter.clear"))));
  }

  /** A card is made anew only where it says something else: what is focused stays so. */
  #row(cast) {
    const said = JSON.stringify(cast);
    const known = this.#rows.get(cast.account.id);
    if (known?.said === said) return known.node;
    const { account, headline, area, plans, following, status } = cast;
    const cheapest = [...plans].sort((a, b) => a.price.amount - b.price.amount)[0];
    const node = known?.node ?? h("li");
    fill(node, h("a", { href: `/casts/${account.id}`, "data-testid": "cast", "data-cast": account.id, "data-tonight": String(status.tonight), "data-online": String(status.online) },
      h("span", { class: "frame" }, portrait(account, "full"), status.tonight && h("span", { class: "ribbon" }, t("casts.tonight"))),
      h("h2", {}, account.display_name, status.online && h("span", { class: "dot online", role: "img", "aria-label": t("casts.online") }), following && icon("follow")),
      headline && h("span", { class: "small muted line" }, headline),
      area && h("span", { class: "small muted" }, area), h("span", { class: "small figures" }, cheapest ? t("casts.from", { price: money(cheapest.price) }) : t("casts.no_plans"))));
    this.#rows.set(account.id, { said, node });
    return node;
  }
}
customElements.define("cast-list", CastList);
