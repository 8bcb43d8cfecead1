// Oneself: notifications, devices, language, light, and the way out.
import { call, read, sentence } from "../api.js";
import { calendarDay, clockTime, dayName } from "../clock.js";
import { fill, h } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { chooseLanguage, language, t } from "../i18n.js";
import * as push from "../push.js";
import { leave, store } from "../session.js";
import { applyTheme, theme } from "../theme.js";
import { portrait } from "./face.js";
import { shareLink } from "./share-link.js";

class SettingsPage extends HTMLElement {
  #push = h("div", { class: "stack" });
  #devices = h("ul", { class: "lines" });
  #problem = problemLine();

  connectedCallback() {
    const { me } = store;
    const cast = me.role === "cast";
    const out = h("button", { class: "grave", "data-testid": "leave", onclick: () => busy(out, this.#problem, leave) }, t("settings.leave"));
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.settings"))), h("div", { class: "page" },
      h("header", { class: "profile" }, portrait(me), h("div", {}, h("h2", {}, me.display_name), h("p", { class: "small muted" }, t(`role.${me.role}`)))),
      cast && h("section", {}, h("h2", {}, t("share.title")), h("p", { class: "small muted" }, t("share.what")), shareLink(), h("a", { class: "button", href: `/casts/${me.id}` }, t("share.see"))),
      h("section", {}, h("h2", {}, t("push.title")), this.#push),
      h("section", {}, h("h2", {}, t("settings.look")),
        h("div", { class: "field" }, h("span", {}, t("settings.theme")), choices(["auto", "dark", "light"].map((name) => [name, t(`theme.${name}`)]), theme(), applyTheme)),
        h("div", { class: "field" }, h("span", {}, t("settings.language")), choices([["ja", "日本語"], ["en", "English"]], language, chooseLanguage))),
      h("section", {}, h("h2", {}, t("devices.title")), this.#devices),
      h("section", {}, this.#problem, out, h("p", { class: "small muted" }, t("settings.leave_what")))));
    this.#showPush();
    this.#showDevices();
  }

  async #showPush(said = "") {
    const state = await push.state();
    const problem = problemLine();
    const turn = (work) => async (event) => { if (await busy(event.currentTarget, problem, work)) this.#showPush(t("push.done")); };
    fill(this.#push, h("p", { class: "small muted" }, t("push.what")),
      state === "off" && h("button", { "data-testid": "push", onclick: turn(push.subscribe) }, t("push.on")),
      state === "on" && [h("p", { class: "small", role: "status" }, said || t("push.done")), h("button", { class: "quiet", onclick: turn(push.unsubscribe) }, t("push.off"))],
      ["denied", "impossible"].includes(state) && h("p", { class: "small" }, t(`push.${state}`)), problem);
  }

  async #showDevices() {
    try {
      const { items } = await read("/api/auth/devices");
      fill(this.#devices, items.map((d) => h("li", {}, h("div", {}, h("div", {}, d.name || t("devices.nameless")), h("p", { class: "small muted figures" }, d.current ? t("devices.this") : `${dayName(calendarDay(d.seen_at))} ${clockTime(d.seen_at)}`)),
        !d.current && h("button", { class: "quiet", onclick: async (event) => {
          if (await busy(event.currentTarget, this.#problem, () => call("DELETE", `/api/auth/devices/${d.id}`))) this.#showDevices();
        } }, t("devices.end")))));
    } catch (error) { fill(this.#devices, h("li", { class: "muted" }, sentence(error))); }
  }
}

function choices(options, chosen, choose) {
  const group = h("div", { class: "choices", role: "group" }, options.map(([value, label]) => h("button", { type: "button", "aria-pressed": String(value === chosen), onclick: (event) => {
    for (const other of group.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
    choose(value);
  } }, label)));
  return group;
}
customElements.define("settings-page", SettingsPage);
