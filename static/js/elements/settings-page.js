// Oneself: notifications, look, devices, the account, and the way out. Each part is a file of its own.
import { command, read, sentence } from "../api.js";
import { fill, h } from "../dom.js";
import { askForm, busy, choices, problemLine } from "../forms.js";
import { chooseLanguage, language, t } from "../i18n.js";
import { leave } from "../leave.js";
import { outbox, store } from "../session.js";
import { applyTheme, theme } from "../theme.js";
import { accountPart } from "./settings-account.js";
import { blocksPart } from "./settings-blocks.js";
import { devicesPart } from "./settings-devices.js";
import { noticesPart } from "./settings-notices.js";
import { portrait } from "./face.js";
import { installPart } from "./install-guide.js";
import { shareLink } from "./share-link.js";

class SettingsPage extends HTMLElement {
  connectedCallback() {
    const { me } = store;
    const cast = me.role === "cast";
    const problem = problemLine();
    const out = h("button", { class: "grave", "data-testid": "leave", onclick: () => (outbox.size ? askForm(t("settings.leave"), { testid: "leave-yes", grave: true }, leave, h("p", {}, t("settings.unsent", { n: outbox.size }))) : busy(out, problem, leave)) }, t("settings.leave"));
    const notices = noticesPart();
    const account = accountPart();
    fill(this, h("header", { class: "bar" }, h("h1", {}, t("title.settings"))), h("div", { class: "page" },
      h("header", { class: "profile" }, portrait(me), h("div", {}, h("h2", {}, me.display_name), h("p", { class: "small muted" }, t(`role.${me.role}`)))),
      cast && h("section", {}, h("h2", {}, t("title.profile")), h("div", { class: "row" }, h("a", { class: "button", href: "/profile" }, t("profile.edit")), h("a", { class: "button quiet", href: `/casts/${me.id}` }, t("share.see"))), h("p", { class: "small muted" }, t("share.what")), shareLink()),
      notices.element, installPart(),
      h("section", {}, h("h2", {}, t("settings.look")),
        h("div", { class: "field" }, h("span", {}, t("settings.theme")), choices(["auto", "dark", "light"].map((name) => [name, t(`theme.${name}`), `theme-${name}`]), theme(), applyTheme, t("settings.theme"))),
        h("div", { class: "field" }, h("span", {}, t("settings.language")), choices([["ja", "日本語", "language-ja"], ["en", "English", "language-en"]], language, speak, t("settings.language")))),
      devicesPart(), blocksPart(), account.element,
      h("section", {}, problem, out, h("p", { class: "small muted" }, t("settings.leave_what")))));
    read("/api/me").then((said) => { notices.show(said.settings); account.show(said); }, (error) => notices.fail(sentence(error)));
  }
}

/** Here at once; in pushes and texts as soon as the house has heard. */
async function speak(to) {
  await command({ type: "settings.save", language: to }).catch(() => {});
  chooseLanguage(to);
}
customElements.define("settings-page", SettingsPage);
