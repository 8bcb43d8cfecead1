// All conversations, the latest first: who waits, at a glance.
import { socket, store } from "../app.js";
import { clockTime, dayOf, isoDay, now } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { path } from "../router.js";

class RoomList extends HTMLElement {
  #list = h("ul", { class: "list rooms" });
  #dot = h("span", { class: "dot", title: "" });
  #bar = h("header", { class: "bar" });

  connectedCallback() {
    this.replaceChildren(this.#bar, this.#list);
    store.addEventListener("change", this.#render);
    socket.addEventListener("state", this.#render);
    this.#render();
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#render);
    socket.removeEventListener("state", this.#render);
  }

  mark() { this.#render(); }

  #render = () => {
    const cast = store.me?.role === "cast";
    this.#dot.dataset.state = socket.state;
    this.#dot.title = t(socket.state === "open" ? "connection.open" : "connection.closed");
    this.#bar.replaceChildren(this.#dot, h("h1", {}, t("rooms.title")),
      cast ? h("a", { href: "/work", class: "button quiet", "data-testid": "work" }, t("work.title")) : h("a", { href: "/casts", class: "button quiet", "data-testid": "casts" }, t("casts.title")),
      h("a", { href: "/settings", class: "button quiet", "aria-label": t("settings.title") }, "⋯"));
    const cards = [...store.rooms.values()].sort((a, b) => (b.last?.at ?? "").localeCompare(a.last?.at ?? ""));
    if (!cards.length && socket.state === "open") {
      this.#list.replaceChildren(h("li", { class: "empty" }, h("p", {}, t(cast ? "rooms.empty_cast" : "rooms.empty_guest")),
        h("a", { class: "button", href: cast ? `/casts/${store.me.id}` : "/casts" }, t(cast ? "casts.mine" : "casts.title"))));
    } else if (!cards.length) this.#list.replaceChildren(...[1, 2, 3].map(() => h("li", { class: "skeleton" })));
    else this.#list.replaceChildren(...cards.map((card) => this.#row(card)));
    navigator.setAppBadge?.(cards.reduce((sum, card) => sum + card.unread, 0)).catch(() => {});
  };

  #row(card) {
    const here = path()[0] === "rooms" && path()[1] === card.room;
    return h("li", {}, h("a", { href: `/rooms/${card.room}`, "data-testid": "room", ...(here ? { "aria-current": "page" } : {}) },
      h("span", { class: "face", "aria-hidden": "true" }, [...card.with.display_name][0]),
      h("span", { class: "name" }, card.with.display_name),
      card.last ? h("time", { datetime: card.last.at }, isoDay(card.last.at) === isoDay(now()) ? clockTime(card.last.at) : dayOf(card.last.at)) : h("span"),
      h("span", { class: "last" }, store.isTyping(card.room) ? t("room.typing") : preview(card.last)),
      card.unread ? h("span", { class: "badge figures", "aria-label": t("rooms.unread", { n: card.unread }) }, String(card.unread)) : h("span")));
  }
}

function preview(entry) {
  if (!entry) return t("rooms.new");
  if (entry.deleted) return t("entry.deleted");
  if (entry.kind === "text") return entry.body;
  if (entry.kind === "notice") return t(`notice.${entry.status}`);
  return t(`preview.${entry.kind}`);
}
customElements.define("room-list", RoomList);
