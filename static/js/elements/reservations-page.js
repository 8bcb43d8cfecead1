// What is to come and what was: every reservation of one's own, the waiting lists one stands on, and the calendar that shows them.
import { command, read, sentence } from "../api.js";
import { dayName, nightOf, nightSpan, now } from "../clock.js";
import { fill, h } from "../dom.js";
import { busy, choices, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { socket, store } from "../session.js";
import { calendarLink } from "./calendar-link.js";
import { reservationCard } from "./reservation-card.js";

const OPEN = new Set(["draft", "confirmed", "arrived"]);

class ReservationsPage extends HTMLElement {
  #coming = true;
  #known = new Set(); // ids that the reads brought: a draft of another screen comes with the store
  #reviewed = new Set();
  #next = undefined;
  #list = h("div", { class: "stack bookings" });
  #waits = h("section", { hidden: true });
  #problem = problemLine();
  #more = h("button", { class: "wide", hidden: true, "data-testid": "reservations-more", onclick: () => this.#load() }, t("casts.more"));

  connectedCallback() {
    const tabs = choices([[true, t("reservations.coming"), "coming"], [false, t("reservations.past"), "past"]], true, (coming) => { this.#coming = coming; this.#show(); }, t("title.reservations"));
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.reservations"))), h("div", { class: "page" }, tabs, this.#problem, this.#list, this.#more, this.#waits, calendarLink()));
    fill(this.#list, [1, 2].map(() => h("div", { class: "skeleton", "aria-hidden": "true" })));
    store.addEventListener("change", this.#show);
    socket.addEventListener("opened", this.#again);
    this.#load();
    this.#loadReviews();
    if (store.me.role === "guest") this.#loadWaits();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#show);
    socket.removeEventListener("opened", this.#again);
  }

  #again = () => { if (this.#next === undefined) this.#load(); };

  async #load() {
    try {
      const { items, next } = await read(`/api/reservations${this.#next ? `?cursor=${encodeURIComponent(this.#next)}` : ""}`);
      this.#next = next;
      this.#problem.hidden = true;
      for (const { id } of items) this.#known.add(id);
      store.book(items);
      this.#show();
    } catch (error) { this.#problem.textContent = sentence(error); this.#problem.hidden = false; this.#show(); }
  }

  async #loadReviews() {
    try {
      const { items } = await read("/api/reviews");
      for (const { by, reservation } of items) if (by === store.me.id) this.#reviewed.add(reservation);
      this.#reviewed.loaded = true;
      this.#show();
    } catch { /* then a review is offered that the house may refuse */ }
  }

  #show = () => {
    if (!store.me || this.#next === undefined && this.#problem.hidden) return;
    const over = (r) => Date.parse(r.ends_at) < now() && store.me.role === "guest"; // a cast still has to say what became of it
    const isComing = (r) => OPEN.has(r.status) && (r.status !== "draft" || Date.parse(r.expires_at) > now()) && !over(r);
    const shown = [...store.reservations.values()].filter((r) => isComing(r) === this.#coming && (this.#known.has(r.id) || OPEN.has(r.status)))
      .sort((a, b) => (this.#coming ? 1 : -1) * a.starts_at.localeCompare(b.starts_at));
    const said = JSON.stringify([shown.map((r) => [r.id, r.version]), [...this.#reviewed], this.#reviewed.loaded]);
    this.#more.hidden = !this.#next || this.#coming;
    if (said === this.#list.dataset.said) return;
    this.#list.dataset.said = said;
    const reviewed = (id) => !this.#reviewed.loaded || this.#reviewed.has(id);
    fill(this.#list, shown.length ? shown.map((r) => reservationCard(r, { reviewed: reviewed(r.id), changed: () => this.#loadReviews() }))
      : h("div", { class: "empty" }, h("p", {}, t(this.#coming ? `reservations.none_${store.me.role}` : "reservations.none_past")), this.#coming && store.me.role === "guest" && h("a", { class: "button", href: "/casts" }, t("casts.look"))));
  };

  async #loadWaits() {
    let items;
    try { ({ items } = await read("/api/waitlist")); } catch { return; }
    this.#waits.hidden = !items.length;
    fill(this.#waits, h("h2", {}, t("wait.title")), h("ul", { class: "lines" }, items.map((wait) => h("li", { "data-testid": "waiting" },
      h("span", {}, h("strong", {}, wait.cast.display_name), h("span", { class: "small muted figures" }, ` ${dayName(nightOf(wait.from))} ${nightSpan(wait.from, wait.to)} · ${t("wait.place", { n: wait.place })}`)),
      h("button", { class: "quiet", "data-testid": "wait-leave", onclick: async (event) => {
        if (await busy(event.currentTarget, this.#problem, () => command({ type: "waitlist.leave", waitlist: wait.waitlist }))) this.#loadWaits();
      } }, t("wait.leave"))))));
  }
}
customElements.define("reservations-page", ReservationsPage);
