// All conversations, the latest first: who waits, and who has pledged, at a glance.
import { read, sentence } from "../api.js";
import { calendarDay, clockTime, nightOf, nightTime, now, shortDay, weekday } from "../clock.js";
import { arrange, fill, h, icon, tell } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { path } from "../router.js";
import { socket, store } from "../session.js";
import { latest } from "../store.js";
import { portrait } from "./face.js";
import { preview } from "./preview.js";
import { shareLink } from "./share-link.js";

const SNAPSHOT = 100; // cards of `session.open`; more are fetched by page

class RoomList extends HTMLElement {
  #list = h("ul", { class: "rooms", "data-testid": "rooms" });
  #rows = new Map();
  #more = h("button", { class: "wide", onclick: () => this.#older() }, t("rooms.older"));
  #last = h("li", {}, this.#more);
  #offered = false;
  #next = undefined; // the cursor of the next page; null: there is none

  connectedCallback() {
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.rooms")), h("button", { class: "bare", "aria-label": t("search.title"), "data-testid": "room-search", onclick: async () => (await later(() => import("./room-search.js"))).searchRooms() }, icon("search"))), this.#list);
    store.addEventListener("change", this.#render);
    addEventListener("navigate", this.#render);
    this.#render();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#render);
    removeEventListener("navigate", this.#render);
  }

  #render = () => {
    if (!store.me) return;
    const cards = [...store.rooms.values()].sort(latest);
    if (!cards.length) { this.#empty(); return; }
    if (!this.#offered && cards.some((card) => card.head > 1)) this.#offer();
    const here = path()[0] === "rooms" ? path()[1] : null;
    const marks = this.#marks();
    const today = calendarDay(now());
    const wanted = cards.map((card) => this.#row(card, card.room === here, marks.get(card.room), today));
    if (cards.length >= SNAPSHOT && this.#next !== null) wanted.push(this.#last);
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    arrange(this.#list, wanted);
    if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
  };

  #offer() {
    this.#offered = true;
    later(() => import("./push-offer.js")).then(() => this.append(h("push-offer")), () => {});
  }

  #empty() {
    if (socket.state !== "open" && navigator.onLine) { fill(this.#list, [1, 2, 3, 4].map(() => h("li", { class: "skeleton", "aria-hidden": "true" }))); return; }
    if (this.#list.querySelector(".empty")) return;
    const cast = store.me.role === "cast";
    fill(this.#list, h("li", { class: "empty" }, h("p", {}, t(cast ? "rooms.empty_cast" : "rooms.empty_guest")), cast ? shareLink() : h("a", { class: "button", href: "/casts" }, t("casts.look"))));
  }

  /** The row of a room, made anew only where it says something else. */
  #row(card, here, mark, today) {
    const typing = store.isTyping(card.room);
    const { last, unread, with: other } = card;
    const said = `${unread} ${here} ${mark?.text} ${typing} ${today} ${last?.seq} ${last?.deleted} ${last?.body} ${other.display_name} ${other.photo?.id}`; // ten thousand of them are compared at every change
    const known = this.#rows.get(card.room);
    if (known?.said === said) return known.node;
    const link = h("a", { href: `/rooms/${card.room}`, "data-testid": "room", "data-room": card.room, "data-unread": card.unread || null, "aria-current": here ? "page" : null },
      portrait(card.with), h("span", { class: "name" }, card.with.display_name),
      card.last && h("time", { datetime: card.last.at }, when(card.last.at)),
      h("span", { class: typing ? "last typing-now" : "last" }, typing ? t("room.typing") : preview(card.last)),
      card.unread > 0 && h("span", { class: "badge figures" }, card.unread > 99 ? "99+" : String(card.unread), h("span", { class: "unseen" }, t("rooms.unread", { n: card.unread }))),
      mark && h("span", { class: `mark ${mark.kind} figures` }, mark.text));
    const node = known?.node ?? h("li");
    fill(node, link);
    this.#rows.set(card.room, { said, node });
    return node;
  }

  /** What of each room's reservations concerns tonight's list: pledged, or waiting for an answer. Room → {kind, text}. */
  #marks() {
    const alive = [...store.reservations.values()].filter((r) => (["confirmed", "arrived"].includes(r.status) ? Date.parse(r.ends_at) > now() : r.status === "draft" && Date.parse(r.expires_at) > now()));
    const marks = new Map();
    for (const next of alive.sort((a, b) => (a.status === "draft") - (b.status === "draft") || a.starts_at.localeCompare(b.starts_at))) {
      const at = `${shortDay(nightOf(next.starts_at))} ${nightTime(next.starts_at)}`;
      if (!marks.has(next.room)) marks.set(next.room, next.status === "draft" ? { kind: "waits", text: t("rooms.waits", { at }) } : { kind: "pledged", text: t("rooms.pledged", { at }) });
    }
    return marks;
  }

  async #older() {
    try {
      const page = await read(`/api/rooms${this.#next ? `?cursor=${encodeURIComponent(this.#next)}` : ""}`);
      this.#next = page.next;
      store.deal(page.items);
    } catch (error) { tell(sentence(error)); }
  }
}

function when(at) {
  const day = calendarDay(at);
  return day === calendarDay(now()) ? clockTime(at) : now() - Date.parse(at) < 7 * 86_400e3 ? weekday(day) : shortDay(day);
}

customElements.define("room-list", RoomList);
