// One conversation: its log, who is typing, and what one can say. Stays at its end unless somebody reads further up.
import { sentence } from "../api.js";
import { calendarDay, dayName } from "../clock.js";
import { arrange, fill, h, icon, say, tell } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { outbox, socket, store } from "../session.js";
import "./message-composer.js";
import "./room-entry.js";
import "./room-head.js";
import { preview } from "./preview.js";

const SOUGHT_MS = 2_500;
const LONG = 300; // lines, from which on the browser draws only those in sight
const NEAR_PX = 120; // this close to the end is at the end

class RoomView extends HTMLElement {
  #room;
  #nodes = new Map();
  #problem = null;
  #unread = null; // {after, upto}: what was unread when it was opened
  #atEnd = true;
  #seeking = false; // pages are being fetched for an entry further back
  #older = h("button", { class: "quiet", hidden: true, onclick: () => this.#loadOlder() }, t("room.older"));
  #log = h("div", { class: "log", role: "log", "aria-live": "off", "data-testid": "log" });
  #typing = h("p", { class: "typing", "aria-live": "polite" });
  #toEnd = h("button", { class: "to-end", hidden: true, onclick: () => this.#end(true) }, icon("down"), t("room.newest"));
  #scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("room.log") });
  #head;
  #shut = h("p", { class: "shut", hidden: true });
  #composer;

  connectedCallback() {
    this.#room = this.dataset.room;
    this.className = "conversation";
    const offer = store.me.role === "cast" ? { label: t("invite.open"), testid: "invite", act: () => this.#invite() } : { label: t("request.open"), testid: "ask", act: () => this.#ask() };
    this.#composer = h("message-composer", { "data-room": this.#room });
    this.#composer.offer = offer;
    fill(this.#scroll, this.#log, this.#toEnd);
    this.#head = h("room-head", { "data-room": this.#room });
    fill(this, this.#head, this.#scroll, this.#shut, this.#composer);
    this.#composer.addEventListener("sent", () => { this.#atEnd = true; this.#end(); });
    this.addEventListener("reply", ({ detail }) => this.#composer.answer(detail));
    this.addEventListener("jump", ({ detail }) => this.#jump(detail));
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#resize = new ResizeObserver(() => { if (this.#atEnd) this.#end(); });
    this.#resize.observe(this.#scroll);
    this.#resize.observe(this.#log);
    store.addEventListener("change", this.#render);
    store.addEventListener("heard", this.#heard);
    socket.addEventListener("opened", this.#load);
    addEventListener("navigate", this.#goTo);
    document.addEventListener("visibilitychange", this.#seen);
    const card = store.rooms.get(this.#room);
    if (card) this.#unread = { after: card.read, upto: card.head };
    this.#render();
    this.#load();
  }

  #resize;

  disconnectedCallback() {
    this.#resize.disconnect();
    store.removeEventListener("change", this.#render);
    store.removeEventListener("heard", this.#heard);
    socket.removeEventListener("opened", this.#load);
    removeEventListener("navigate", this.#goTo);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  #load = async () => {
    if (socket.state !== "open") return;
    try { await store.open(this.#room); this.#problem = null; } catch (error) { if (error.code !== "offline") this.#problem = sentence(error); }
    this.#render();
    this.#goTo();
  };

  /** To the entry that the address names, however far back it was said. */
  #goTo = async () => {
    const at = Number(new URLSearchParams(location.search).get("at"));
    const log = store.logs.get(this.#room);
    if (!at || !log || !location.pathname.endsWith(this.#room)) return;
    history.replaceState(history.state, "", location.pathname);
    this.#atEnd = false;
    this.#seeking = true;
    try { while (log.more && log.first > at) await store.older(this.#room); } catch (error) { tell(sentence(error)); }
    this.#render();
    this.#seeking = false;
    this.#jump(at);
  };

  async #loadOlder() {
    const below = this.#scroll.scrollHeight - this.#scroll.scrollTop;
    this.#older.disabled = true;
    try { await store.older(this.#room); } catch (error) { tell(sentence(error)); }
    this.#older.disabled = false;
    this.#render();
    this.#scroll.scrollTop = this.#scroll.scrollHeight - below;
  }

  #seen = () => { if (this.#atEnd) store.read(this.#room); };

  #heard = ({ detail }) => {
    if (detail.room !== this.#room) return;
    say(`${store.rooms.get(this.#room)?.with.display_name}: ${preview(detail)}`);
    if (!this.#atEnd) this.#toEnd.hidden = false;
  };

  #scrolled() {
    if (this.#seeking) return;
    this.#atEnd = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR_PX;
    if (this.#atEnd) { this.#toEnd.hidden = true; this.#seen(); }
  }

  #end(smooth = false) { this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" }); }

  #jump(seq) {
    const node = this.#log.querySelector(`[data-seq="${seq}"]`);
    if (!node) return;
    this.#atEnd = false;
    node.scrollIntoView({ block: "center", behavior: "instant" }); // gliding there would pass the end, and stay
    node.classList.add("sought");
    setTimeout(() => node.classList.remove("sought"), SOUGHT_MS);
  }

  #render = (event) => {
    if (!store.me || (event?.detail && !event.detail.has(this.#room))) return;
    const card = store.rooms.get(this.#room);
    this.#head.show();
    this.#shut.hidden = !card?.blocked;
    this.#composer.hidden = Boolean(card?.blocked);
    if (card?.blocked) this.#shut.textContent = t("block.here");
    this.#older.hidden = !store.logs.get(this.#room)?.more;
    const wanted = [this.#older];
    let day = "";
    let before = null;
    for (const entry of [...store.entries(this.#room), ...this.#pending()]) {
      if (calendarDay(entry.at) !== day) { day = calendarDay(entry.at); wanted.push(this.#node(`day ${day}`, () => h("p", { class: "day" }, dayName(day)))); }
      if (this.#isFirstUnread(before, entry)) wanted.push(this.#node("unread", () => h("p", { class: "unread-line" }, t("room.unread"))));
      const node = this.#node(entry.key ?? `seq ${entry.seq}`, () => h("room-entry"));
      node.show(entry, card);
      wanted.push(node);
      before = entry;
    }
    if (wanted.length === 1) wanted.push(this.#nothing());
    wanted.push(this.#typing);
    this.#typing.toggleAttribute("data-on", store.isTyping(this.#room));
    this.#typing.textContent = store.isTyping(this.#room) ? t("room.typing") : "";
    this.#log.toggleAttribute("data-long", wanted.length > LONG);
    arrange(this.#log, wanted);
    if (this.#atEnd) { this.#end(); this.#seen(); }
  };

  #pending() {
    const written = new Set(store.entries(this.#room).map((entry) => entry.key));
    return outbox.rows(this.#room).filter((row) => !written.has(row.key)).map((row) => ({
      room: this.#room, seq: 0, at: new Date(row.at).toISOString(), by: store.me.id, kind: row.photo ? "photo" : "text", photo: row.photo, body: row.command.body, reply_to: row.command.reply_to, key: row.key, state: row.state, error: row.error,
    }));
  }

  #isFirstUnread(before, entry) {
    if (!this.#unread || !before || entry.by === store.me.id) return false;
    return before.seq <= this.#unread.after && entry.seq > this.#unread.after && entry.seq <= this.#unread.upto;
  }

  #nothing() {
    if (this.#problem) return h("div", { class: "empty", role: "alert" }, h("p", {}, this.#problem), h("a", { class: "button", href: "/rooms" }, t("back")));
    if (store.logs.has(this.#room)) return this.#node("empty", () => h("p", { class: "empty" }, t(store.me.role === "cast" ? "room.empty_cast" : "room.empty_guest")));
    return this.#node("loading", () => h("div", { "aria-hidden": "true" }, [1, 2, 3].map(() => h("div", { class: "skeleton" }))));
  }

  #node(key, make) {
    if (!this.#nodes.has(key)) this.#nodes.set(key, make());
    return this.#nodes.get(key);
  }

  async #ask() {
    const { askForInvitation } = await later(() => import("./invitation-request.js"));
    await askForInvitation(this.#room, store.rooms.get(this.#room)?.with.id);
  }

  async #invite() {
    const { invite } = await later(() => import("./invitation-composer.js"));
    const wish = store.entries(this.#room).findLast(({ kind }) => ["request", "invitation"].includes(kind));
    invite(this.#room, wish?.kind === "request" ? { plan: wish.plan, at: wish.starts_at } : {});
  }
}
customElements.define("room-view", RoomView);
