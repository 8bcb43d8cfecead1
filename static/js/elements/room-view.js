// One conversation: its log, who is typing, and what one can say. Stays at its end unless somebody reads further up.
import { outbox, socket, store } from "../app.js";
import { sentence } from "../api.js";
import { dayOf } from "../clock.js";
import { ask, h } from "../dom.js";
import { t } from "../i18n.js";
import "./room-entry.js";
import "./message-composer.js";
import "./invitation-composer.js";

class RoomView extends HTMLElement {
  #room;
  #log = h("div", { class: "log", "data-testid": "log", tabindex: "0" });
  #typing = h("p", { class: "typing", "aria-live": "polite" });
  #live = h("p", { class: "sr", role: "status" });
  #title = h("h1");
  #older = h("button", { class: "quiet", hidden: true, onclick: () => this.#load(true) }, "");
  #nodes = new Map();

  connectedCallback() {
    this.#room = this.dataset.room;
    this.#older.textContent = t("room.older");
    const invite = store.me.role === "cast"
      ? h("button", { "data-testid": "invite", onclick: () => ask(h("invitation-composer", { "data-room": this.#room })) }, t("invite.open"))
      : h("button", { "data-testid": "ask", onclick: () => this.#ask() }, t("request.open"));
    this.className = "conversation";
    this.replaceChildren(
      h("header", { class: "bar" }, h("a", { href: "/rooms", class: "button quiet back", "aria-label": t("back") }, "←"), this.#title, invite),
      this.#log, this.#typing, this.#live, h("message-composer", { "data-room": this.#room }));
    store.addEventListener("change", this.#render);
    store.addEventListener("heard", this.#heard);
    outbox.addEventListener("change", this.#render);
    socket.addEventListener("opened", this.#again);
    document.addEventListener("visibilitychange", this.#seen);
    this.#render();
    this.#load();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#render);
    store.removeEventListener("heard", this.#heard);
    outbox.removeEventListener("change", this.#render);
    socket.removeEventListener("opened", this.#again);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  #again = () => this.#load();
  #seen = () => store.read(this.#room);
  #heard = ({ detail }) => {
    if (detail.room === this.#room && detail.by !== store.me.id) this.#live.textContent = detail.body ?? t(`preview.${detail.kind}`);
  };

  async #load(older = false) {
    try {
      const before = this.#log.scrollHeight - this.#log.scrollTop;
      const more = await store.open(this.#room, older);
      if (older || more) this.#older.hidden = !more;
      if (older) this.#log.scrollTop = this.#log.scrollHeight - before;
    } catch { /* what is known is shown; the next opening loads the rest */ }
    this.#render();
  }

  #render = () => {
    const card = store.rooms.get(this.#room);
    this.#title.textContent = card?.with.display_name ?? "";
    this.#typing.textContent = store.isTyping(this.#room) ? t("room.typing") : "";
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 80;
    const wanted = [this.#older];
    let day = "";
    for (const entry of store.entries(this.#room)) {
      if (entry.kind === "edit" || entry.kind === "delete") continue;
      if (dayOf(entry.at) !== day) { day = dayOf(entry.at); wanted.push(this.#node(`day ${day}`, () => h("p", { class: "day" }, day))); }
      const node = this.#node(entry.key ?? `seq ${entry.seq}`, () => h("room-entry"));
      node.show(entry, card);
      wanted.push(node);
    }
    for (const row of outbox.rows(this.#room)) {
      const node = this.#node(row.key, () => h("room-entry"));
      if (wanted.includes(node)) continue;
      node.show({ seq: 0, at: new Date(row.at).toISOString(), by: store.me.id, kind: "text", body: row.command.body, key: row.key, state: row.state }, card);
      wanted.push(node);
    }
    if (wanted.length === 1 && socket.state === "open") wanted.push(this.#node("empty", () => h("p", { class: "empty" }, t("room.empty"))));
    this.#arrange(wanted);
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    store.read(this.#room);
  };

  #node(key, make) {
    if (!this.#nodes.has(key)) this.#nodes.set(key, make());
    return this.#nodes.get(key);
  }

  /** Moves only what stands elsewhere: what is pressed, played or focused stays untouched. */
  #arrange(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.#log.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((node, i) => { if (this.#log.children[i] !== node) this.#log.insertBefore(node, this.#log.children[i] ?? null); });
  }

  async #ask() {
    const note = h("textarea", { name: "note", rows: "3", maxlength: "500" });
    const error = h("p", { class: "error", role: "alert", hidden: true });
    const form = h("form", { method: "dialog", onsubmit: async (event) => {
      event.preventDefault();
      try {
        await store.say({ type: "invitation.ask", room: this.#room, ...(note.value.trim() ? { note: note.value } : {}) });
        form.closest("dialog").close();
      } catch (refused) { error.textContent = sentence(refused); error.hidden = false; }
    } }, h("h2", {}, t("request.open")), h("p", { class: "muted" }, t("request.what")), h("label", {}, h("span", {}, t("request.note")), note), error,
    h("div", { class: "row" }, h("button", { class: "main" }, t("request.send")), h("button", { type: "button", class: "quiet", onclick: () => form.closest("dialog").close() }, t("cancel"))));
    await ask(form);
  }
}
customElements.define("room-view", RoomView);
