// Who is in the house, and one of them: her plans with full prices, and the way into a conversation.
import { socket, store } from "../app.js";
import { read, sentence } from "../api.js";
import { money } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { go } from "../router.js";

const bar = (title) => h("header", { class: "bar" }, h("a", { href: "/rooms", class: "button quiet back", "aria-label": t("back") }, "←"), h("h1", {}, title));

class CastList extends HTMLElement {
  async connectedCallback() {
    const list = h("ul", { class: "list rooms" }, [1, 2, 3].map(() => h("li", { class: "skeleton" })));
    this.replaceChildren(bar(t("casts.title")), list);
    try {
      const { items } = await read("/api/casts");
      list.replaceChildren(...(items.length ? items.map(({ account, plans }) => h("li", {}, h("a", { href: `/casts/${account.id}`, "data-testid": "cast" },
        h("span", { class: "face", "aria-hidden": "true" }, [...account.display_name][0]), h("span", { class: "name" }, account.display_name), h("span"),
        h("span", { class: "last" }, plans.map((p) => p.name).join(" · ") || t("casts.no_plans"))))) : [h("li", { class: "empty" }, t("casts.empty"))]));
    } catch (error) { list.replaceChildren(h("li", { class: "empty" }, sentence(error))); }
  }
}

class CastPage extends HTMLElement {
  async connectedCallback() {
    this.replaceChildren(bar(""), h("div", { class: "page" }, h("div", { class: "skeleton" })));
    try { this.#show(await read(`/api/casts/${this.dataset.cast}`)); } catch (error) { this.replaceChildren(bar(t("casts.title")), h("p", { class: "empty" }, sentence(error))); }
  }

  #show({ account, plans, following }) {
    const own = account.id === store.me.id;
    const error = h("p", { class: "error", role: "alert", hidden: true });
    const act = (work) => async () => { try { await work(); } catch (refused) { error.textContent = sentence(refused); error.hidden = false; } };
    const talk = act(async () => {
      const card = await socket.ask({ type: "room.open", with: account.id });
      store.rooms.set(card.room, card);
      go(`/rooms/${card.room}`);
    });
    const follow = act(async () => { await socket.ask({ type: following ? "follow.remove" : "follow.add", cast: account.id }); await this.connectedCallback(); });
    const copy = act(async () => { await navigator.clipboard.writeText(location.href); copied.textContent = t("casts.copied"); });
    const copied = h("span", { class: "muted small", role: "status" });
    this.replaceChildren(bar(account.display_name), h("div", { class: "page" },
      own && h("div", { class: "card" }, h("p", {}, t("casts.share")), h("div", { class: "row" }, h("button", { onclick: copy }, t("casts.copy")), copied)),
      store.me.role === "guest" && h("div", { class: "row" }, h("button", { class: "main", "data-testid": "talk", onclick: talk }, t("casts.talk")), h("button", { onclick: follow, "aria-pressed": String(following) }, t(following ? "casts.unfollow" : "casts.follow"))),
      error, h("h2", {}, t("plans.title")),
      plans.length ? plans.map((p) => h("article", { class: "card" }, h("h3", {}, p.name), h("p", { class: "figures" }, t("plans.line", { minutes: p.minutes, price: money(p.price) })), p.description && h("p", {}, p.description), h("p", { class: "muted small" }, p.terms))) : h("p", { class: "muted" }, t("casts.no_plans"))));
  }
}
customElements.define("cast-list", CastList);
customElements.define("cast-page", CastPage);
