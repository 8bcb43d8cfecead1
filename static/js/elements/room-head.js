// The head of a conversation: who it is, whether they are here, what has been promised, and what else can be done.
import { read } from "../api.js";
import { nightOf, nightTime, now, shortDay } from "../clock.js";
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { store } from "../session.js";
import { portrait } from "./face.js";

class RoomHead extends HTMLElement {
  #room;
  #who = h("div", { class: "who" });
  #status = null; // a cast's, as far as it is known
  #asked = false;

  connectedCallback() {
    this.#room = this.dataset.room;
    this.className = "bar";
    const menu = h("button", { class: "bare", "aria-label": t("more"), "data-testid": "room-menu", onclick: async () => (await later(() => import("./room-menu.js"))).roomMenu(this.#room) }, icon("more"));
    fill(this, h("a", { href: "/rooms", class: "button bare back", "aria-label": t("back") }, icon("back")), this.#who, menu);
    store.addEventListener("status.changed", this.#heard);
  }

  disconnectedCallback() { store.removeEventListener("status.changed", this.#heard); }

  #heard = ({ detail: { cast, status } }) => {
    if (store.rooms.get(this.#room)?.with.id !== cast) return;
    this.#status = status;
    this.show();
  };

  show() {
    const card = store.rooms.get(this.#room);
    if (card?.with.role === "cast" && !this.#asked && !card.blocked) {
      this.#asked = true;
      read(`/api/casts/${card.with.id}`).then(({ status }) => { this.#status = status; this.show(); }, () => {});
    }
    const next = [...store.reservations.values()].filter((r) => r.room === this.#room && ["confirmed", "arrived"].includes(r.status) && Date.parse(r.ends_at) > now()).sort((a, b) => a.starts_at.localeCompare(b.starts_at))[0];
    const promised = next ? t("rooms.pledged", { at: `${shortDay(nightOf(next.starts_at))} ${nightTime(next.starts_at)}` }) : "";
    const { online, tonight } = this.#status ?? {};
    const muted = card?.muted_until && Date.parse(card.muted_until) > now();
    const said = JSON.stringify([card?.with, promised, online, tonight, muted]);
    if (this.#who.dataset.said === said) return;
    this.#who.dataset.said = said;
    if (!card) { fill(this.#who, h("h1", {}, "")); return; }
    const present = promised ? null : tonight ? t("casts.tonight") : online ? t("casts.online") : null;
    fill(this.#who, h("a", { class: "who", href: `/${card.with.role}s/${card.with.id}` }, portrait(card.with, "small"),
      h("span", {}, h("h1", {}, card.with.display_name, online && h("span", { class: "dot online", role: "img", "aria-label": t("casts.online") })),
        (promised || present || muted) && h("span", { class: promised || tonight ? "under gold figures" : "under" }, [promised || present, muted && t("mute.on")].filter(Boolean).join(" · ")))));
  }
}
customElements.define("room-head", RoomHead);
