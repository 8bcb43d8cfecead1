// The frame of the house: which page the path names, and a word when the connection has been gone for long.
import { socket, store } from "../app.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { path, go } from "../router.js";
import "./sign-in.js";
import "./room-list.js";
import "./room-view.js";
import "./cast-pages.js";
import "./work-page.js";
import "./settings-page.js";

const PATIENCE_MS = 5_000; // a restart of the server is nobody's business

class FuuroApp extends HTMLElement {
  #shown = "";
  #banner = h("div", { class: "banner", role: "status", hidden: true });
  #late = 0;

  connectedCallback() {
    addEventListener("navigate", () => this.show());
    socket.addEventListener("state", () => this.#watch());
    if ("serviceWorker" in navigator) navigator.serviceWorker.ready.then((r) => { r.onupdatefound = () => this.#update(r.installing); });
    this.show();
  }

  show() {
    const [page = "rooms", id] = path();
    if (page === "sign-in" ? store.me : !store.me) {
      if (store.me) { const after = sessionStorage.getItem("fuuro.after"); sessionStorage.removeItem("fuuro.after"); go(after ?? "/rooms", true); }
      if (page !== "sign-in") return;
    }
    if (this.#shown === location.pathname) return;
    this.#shown = location.pathname;
    if (page === "sign-in") { this.replaceChildren(h("sign-in", { id: "main" })); return; }
    const list = this.querySelector("room-list");
    const side = list?.parentElement ?? h("nav", { class: "side", "aria-label": t("rooms.title") }, h("room-list"));
    const stage = h("main", { class: "stage", id: "main" }, this.#page(page, id));
    const house = h("div", { class: "house" }, side, stage);
    house.toggleAttribute("data-open", page !== "rooms" || Boolean(id));
    this.replaceChildren(this.#banner, house);
    list?.mark();
  }

  #page(page, id) {
    if (page === "rooms" && id) return h("room-view", { "data-room": id });
    if (page === "casts" && id) return h("cast-page", { "data-cast": id });
    if (page === "casts") return h("cast-list");
    if (page === "work") return h("work-page");
    if (page === "settings") return h("settings-page");
    return h("div", { class: "empty" }, h("p", {}, t("rooms.choose")));
  }

  #watch() {
    clearTimeout(this.#late);
    if (socket.state === "open") { this.#banner.hidden = true; return; }
    this.#late = setTimeout(() => { this.#banner.textContent = t("connection.lost"); this.#banner.hidden = !store.me; }, PATIENCE_MS);
  }

  #update(worker) {
    worker.addEventListener("statechange", () => {
      if (worker.state !== "installed" || !navigator.serviceWorker.controller) return;
      const renew = () => { worker.postMessage("update"); navigator.serviceWorker.addEventListener("controllerchange", () => location.reload()); };
      this.#banner.replaceChildren(t("update.ready"), " ", h("button", { onclick: renew }, t("update.now")));
      this.#banner.hidden = false;
    });
  }
}
customElements.define("fuuro-app", FuuroApp);
