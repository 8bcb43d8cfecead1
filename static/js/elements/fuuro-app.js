// The frame of the house: which page the path names, and a word when the connection has been gone for long.
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { later, talk } from "../later.js";
import { go, path } from "../router.js";
import { socket, store, turnToDoor } from "../session.js";
import { sentence } from "../api.js";
import "./house-nav.js";

const PATIENCE_MS = 5_000; // a restart of the server is nobody's business
const DESK = new Set(["work", "plans", "schedule"]);
/** Each page is fetched when it is first wanted; its element wakes up when its module is there. */
const PAGES = {
  "sign-in": () => import("./sign-in.js"),
  "room-list": () => talk(() => import("./room-list.js")),
  "room-view": () => talk(() => import("./room-view.js")),
  "cast-list": () => later(() => import("./cast-list.js")),
  "cast-page": () => later(() => import("./cast-page.js")),
  "work-page": () => later(() => import("./work-page.js")),
  "reservations-page": () => later(() => import("./reservations-page.js")),
  "tonight-page": () => later(() => import("./tonight-page.js")),
  "guest-page": () => later(() => import("./guest-page.js")),
  "profile-page": () => later(() => import("./profile-page.js")),
  "settings-page": () => later(() => import("./settings-page.js")),
};
const wide = matchMedia("(min-width: 900px)"); // as in css/paper.css

class FuuroApp extends HTMLElement {
  #shown = null;
  #late = 0;
  #banner = h("div", { class: "banner", role: "status", hidden: true });
  #side = h("section", { class: "side", "aria-label": t("title.rooms") });
  #stage = h("main", { class: "stage", id: "main", tabindex: "-1" });

  connectedCallback() {
    addEventListener("navigate", () => this.#navigate());
    addEventListener("newer", ({ detail }) => this.#offer(t("update.ready"), t("update.now"), detail));
    socket.addEventListener("state", () => this.#watch());
    socket.addEventListener("turnedaway", () => this.#offer(t("connection.stopped"), t("connection.here"), () => socket.start()));
    store.addEventListener("change", () => this.#title());
    wide.addEventListener("change", this.#landmark);
    this.dataset.page = "start";
  }

  #navigate() {
    const [page = "rooms", id] = path();
    if (!store.me) {
      if (page !== "sign-in") { turnToDoor(); return; }
    } else if (page === "sign-in" || !location.pathname.slice(1)) { go("/rooms", true); return; }
    if (this.#shown === location.pathname) return;
    const first = this.#shown === null || this.dataset.page === "sign-in";
    this.#shown = location.pathname;
    this.dataset.page = page;
    this.toggleAttribute("data-open", page === "rooms" ? Boolean(id) : false);
    this.#landmark();
    if (page === "sign-in") { this.#side.replaceChildren(); fill(this, this.#element("sign-in", { id: "main", role: "main" })); this.#title(); return; }
    if (!this.#stage.isConnected) fill(this, this.#banner, h("house-nav"), this.#side, this.#stage);
    if (page === "rooms" && !this.#side.firstElementChild) fill(this.#side, this.#element("room-list"));
    fill(this.#stage, this.#page(page, id));
    this.#stage.scrollTop = 0;
    if (!first) this.#stage.focus({ preventScroll: true });
    this.#title();
  }

  #page(page, id) {
    if (page === "rooms" && id) return this.#element("room-view", { "data-room": id });
    if (page === "casts" && id) return this.#element("cast-page", { "data-cast": id });
    if (page === "casts") return this.#element("cast-list");
    if (DESK.has(page) && store.me.role === "cast") return this.#element("work-page", { "data-part": page });
    if (page === "reservations") return this.#element("reservations-page");
    if (page === "tonight" && store.me.role === "cast") return this.#element("tonight-page");
    if (page === "guests" && id && store.me.role === "cast") return this.#element("guest-page", { "data-guest": id });
    if (page === "profile" && store.me.role === "cast") return this.#element("profile-page");
    if (page === "settings") return this.#element("settings-page");
    if (page === "rooms") return h("div", { class: "empty" }, h("p", {}, t("rooms.choose")));
    return h("div", { class: "empty" }, h("p", {}, t("lost.page")), h("a", { class: "button", href: "/rooms" }, t("back")));
  }

  /** On a phone the list is the page until a room is open. */
  #landmark = () => this.#side.setAttribute("role", wide.matches || this.dataset.page !== "rooms" || this.hasAttribute("data-open") ? "region" : "main");

  /** `name` with its module on the way; where it does not come, that is said in its place. */
  #element(name, props) {
    const node = h(name, props);
    PAGES[name]().catch(() => {
      const again = h("button", { onclick: () => { this.#shown = null; this.#navigate(); } }, t("again"));
      node.replaceWith(h("div", { class: "empty", role: "alert" }, h("p", {}, sentence({ code: "offline" })), again));
    });
    return node;
  }

  #title() {
    const page = path()[0];
    const name = page === "rooms" && path()[1] ? store.rooms.get(path()[1])?.with.display_name : t(`title.${page}`);
    document.title = `${store.me && store.unread ? `(${store.unread}) ` : ""}${name && name !== `title.${page}` ? `${name} · ` : ""}Fuuro`;
    if (store.me) navigator.setAppBadge?.(store.unread).catch(() => {});
  }

  #watch() {
    if (socket.state === "open") {
      clearTimeout(this.#late);
      this.#late = 0;
      if (this.#banner.dataset.about === "connection") this.#banner.hidden = true;
      return;
    }
    this.#late ||= setTimeout(() => {
      if (!store.me || !this.#banner.hidden) return;
      this.#banner.dataset.about = "connection";
      fill(this.#banner, t("connection.lost"));
      this.#banner.hidden = false;
    }, PATIENCE_MS);
  }

  #offer(sentence, label, act) {
    this.#banner.dataset.about = "offer";
    fill(this.#banner, sentence, h("button", { onclick: () => { this.#banner.hidden = true; act(); } }, label));
    this.#banner.hidden = false;
  }
}
customElements.define("fuuro-app", FuuroApp);
