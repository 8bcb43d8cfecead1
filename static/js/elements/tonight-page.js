// A cast's board of the night: who waits for her, who pledged, who is late, who is here, at a glance and within the thumb's reach.
import { read } from "../api.js";
import { countdown, dayName, nightOf, nightSpan, nightTime, now } from "../clock.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";
import { portrait } from "./face.js";
import { reservationCard } from "./reservation-card.js";
import { preview } from "./preview.js";
import { tonightSwitch } from "./tonight-switch.js";

const TICK_MS = 1_000;
const MINUTE = 60_000;
const DAWN_MS = 6 * 60 * MINUTE;

class TonightPage extends HTMLElement {
  #timer = 0;
  #waits = [];
  #sections = new Map();
  #board = h("div", { class: "board" });
  #night = h("h1");

  connectedCallback() {
    fill(this, h("header", { class: "bar" }, this.#night), h("div", { class: "page wide-page" }, tonightSwitch(), this.#board));
    store.addEventListener("change", this.#show);
    store.addEventListener("availability.changed", this.#loadWaits);
    this.#timer = setInterval(this.#show, TICK_MS);
    this.#show();
    this.#load();
    this.#loadWaits();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#show);
    store.removeEventListener("availability.changed", this.#loadWaits);
    clearInterval(this.#timer);
  }

  #load() { read("/api/reservations").then(({ items }) => store.book(items), () => {}); }
  #loadWaits = () => read("/api/waitlist").then(({ items }) => { this.#waits = items; this.#show(); }, () => {});

  #show = () => {
    if (!store.me) return;
    const night = nightOf(now());
    this.#night.textContent = `${t("title.tonight")} ${dayName(night)}`;
    const all = [...store.reservations.values()].sort((a, b) => a.starts_at.localeCompare(b.starts_at));
    const recent = (r) => Date.parse(r.starts_at) < now() && now() - Date.parse(r.ends_at) < DAWN_MS; // a night does not end for who is still here
    const tonight = all.filter((r) => nightOf(r.starts_at) === night || recent(r));
    const pledged = tonight.filter((r) => r.status === "confirmed");
    this.#section("late", pledged.filter((r) => Date.parse(r.starts_at) < now()), (r) => {
      const minutes = Math.floor((now() - Date.parse(r.starts_at)) / MINUTE);
      return minutes < 90 ? t("board.late_by", { n: minutes }) : t("board.late_hours", { n: Math.round(minutes / 60) });
    });
    this.#section("here", tonight.filter((r) => r.status === "arrived"), (r) => t("board.until", { at: nightTime(r.ends_at, night) }));
    this.#section("pledged", pledged.filter((r) => Date.parse(r.starts_at) >= now()), (r) => t("board.in", { n: countdown(Date.parse(r.starts_at) - now()) }));
    this.#section("waiting", all.filter((r) => r.status === "draft" && Date.parse(r.expires_at) > now()), (r) => (store.pressing.has(r.id) ? t("seal.melting") : t("board.answer_in", { n: countdown(Date.parse(r.expires_at) - now()) })));
    this.#rooms("asking", [...store.rooms.values()].filter(({ last, blocked }) => last?.kind === "request" && last.by !== store.me.id && !blocked));
    this.#rooms("unread", [...store.rooms.values()].filter(({ last, unread }) => unread > 0 && last?.kind !== "request"));
    this.#line("line", this.#waits.filter(({ to, reservation }) => nightOf(to) >= night && !reservation));
    this.#section("done", tonight.filter((r) => ["completed", "no_show", "disputed"].includes(r.status)), () => null);
    const empty = [...this.#sections.values()].every(({ node }) => node.hidden);
    if (empty && !this.#board.querySelector(".empty")) this.#board.append(h("div", { class: "empty" }, h("p", {}, t("board.empty"))));
    if (!empty) this.#board.querySelector(".empty")?.remove();
  };

  #part(name, count) {
    if (!this.#sections.has(name)) {
      const list = h("div", { class: "stack" });
      const number = h("span", { class: "figures muted" });
      const node = h("section", { class: `board-${name}`, "data-testid": `board-${name}` }, h("h2", {}, t(`board.${name}`), number), list);
      this.#sections.set(name, { node, list, number, said: "", notes: new Map() });
      this.#board.append(node);
    }
    const part = this.#sections.get(name);
    part.node.hidden = !count;
    part.number.textContent = String(count);
    return part;
  }

  /** Cards are made anew only when a reservation changes; the minutes on them run on. */
  #section(name, reservations, note) {
    const part = this.#part(name, reservations.length);
    const said = JSON.stringify(reservations.map(({ id, version }) => [id, version, this.#acting(id)]));
    if (said !== part.said) {
      part.said = said;
      part.notes.clear();
      fill(part.list, reservations.map((r) => {
        const line = h("span");
        part.notes.set(r.id, line);
        return reservationCard(r, { note: line });
      }));
    }
    for (const r of reservations) {
      const text = note(r) ?? t(r.status === "completed" ? "booking.completed" : `status.${r.status}`);
      const line = part.notes.get(r.id);
      if (line.textContent !== text) line.textContent = text;
    }
  }

  /** What can be done changes a quarter of an hour after the start. */
  #acting(id) { return now() - Date.parse(store.reservations.get(id).starts_at) > 15 * MINUTE; }

  #rooms(name, cards) {
    const part = this.#part(name, cards.length);
    const said = JSON.stringify(cards.map(({ room, head, unread }) => [room, head, unread]));
    if (said === part.said) return;
    part.said = said;
    fill(part.list, h("ul", { class: "lines" }, cards.map((card) => h("li", {}, h("a", { class: "who", href: `/rooms/${card.room}` }, portrait(card.with, "small"),
      h("span", {}, h("strong", {}, card.with.display_name), h("span", { class: "small muted clip" }, card.last?.kind === "request" && card.last.starts_at ? `${dayName(nightOf(card.last.starts_at))} ${nightTime(card.last.starts_at)}` : preview(card.last))))))));
  }

  #line(name, waits) {
    const part = this.#part(name, waits.length);
    const said = JSON.stringify(waits);
    if (said === part.said) return;
    part.said = said;
    fill(part.list, h("ul", { class: "lines" }, waits.map(({ guest, from, to, place }) => h("li", {}, h("a", { class: "who", href: `/guests/${guest.id}` }, portrait(guest, "small"),
      h("span", {}, h("strong", {}, guest.display_name), h("span", { class: "small muted figures" }, `${dayName(nightOf(from))} ${nightSpan(from, to)} · ${t("wait.place", { n: place })}`)))))));
  }
}
customElements.define("tonight-page", TonightPage);
