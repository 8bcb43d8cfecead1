// Notifications, devices, language, light, and the way out.
import { leave, socket, store } from "../app.js";
import { call, read, sentence } from "../api.js";
import { clockTime, dayOf } from "../clock.js";
import { h } from "../dom.js";
import { chooseLanguage, language, t } from "../i18n.js";
import * as push from "../push.js";

class SettingsPage extends HTMLElement {
  #said = h("p", { role: "status", class: "muted" });

  async connectedCallback() {
    const theme = h("select", { onchange: () => applyTheme(theme.value) }, ["auto", "dark", "light"].map((name) => h("option", { value: name, selected: (localStorage.getItem("fuuro.theme") ?? "auto") === name }, t(`theme.${name}`))));
    const devices = h("ul", { class: "list" });
    this.replaceChildren(h("header", { class: "bar" }, h("a", { href: "/rooms", class: "button quiet back", "aria-label": t("back") }, "←"), h("h1", {}, t("settings.title"))),
      h("div", { class: "page" }, h("p", {}, h("strong", {}, store.me.display_name), " ", h("span", { class: "muted" }, t(`role.${store.me.role}`))),
        h("h2", {}, t("push.title")), h("p", { class: "muted" }, t("push.what")), h("button", { "data-testid": "push", onclick: () => this.#push() }, t("push.on")), this.#said,
        h("h2", {}, t("settings.look")), h("label", {}, h("span", {}, t("settings.theme")), theme), h("button", { onclick: () => chooseLanguage(language === "ja" ? "en" : "ja") }, t("language.other")),
        h("h2", {}, t("devices.title")), devices, h("button", { "data-testid": "leave", onclick: leave }, t("settings.leave"))));
    try {
      const { items } = await read("/api/auth/devices");
      devices.replaceChildren(...items.map((d) => h("li", { class: "row" }, h("span", {}, d.name || t("devices.nameless")), h("span", { class: "muted small figures" }, `${dayOf(d.seen_at)} ${clockTime(d.seen_at)}`),
        d.current ? h("span", { class: "small" }, t("devices.this")) : h("button", { class: "quiet", onclick: async () => { await call("DELETE", `/api/auth/devices/${d.id}`); await this.connectedCallback(); } }, t("devices.end")))));
    } catch (error) { devices.replaceChildren(h("li", { class: "muted" }, sentence(error))); }
  }

  async #push() {
    this.#said.textContent = t("loading");
    try { await push.subscribe(socket); this.#said.textContent = t("push.done"); } catch (error) { this.#said.textContent = error.code ? sentence(error) : t(error.message); }
  }
}

function applyTheme(name) {
  if (name === "auto") { localStorage.removeItem("fuuro.theme"); delete document.documentElement.dataset.theme; } else { localStorage.setItem("fuuro.theme", name); document.documentElement.dataset.theme = name; }
}
applyTheme(localStorage.getItem("fuuro.theme") ?? "auto");
customElements.define("settings-page", SettingsPage);
