// The door: number, code, and for who is new a name.
import { enter } from "../app.js";
import { call, keep, sentence } from "../api.js";
import { h } from "../dom.js";
import { chooseLanguage, language, t } from "../i18n.js";

class SignIn extends HTMLElement {
  #error = h("p", { class: "error", role: "alert", hidden: true });

  connectedCallback() { this.#phone(); }

  #show(...content) {
    this.#error.hidden = true;
    const other = language === "ja" ? "en" : "ja";
    this.replaceChildren(h("div", { class: "page" },
      h("div", { class: "welcome" }, h("img", { src: "/icons/seal.svg", alt: "" }), h("h1", {}, "封蝋"), h("p", { class: "muted" }, t("door.motto"))),
      ...content, this.#error,
      h("button", { class: "quiet", onclick: () => chooseLanguage(other) }, t("language.other"))));
    this.querySelector("input")?.focus();
  }

  #form(submit, label, ...fields) {
    const button = h("button", { class: "main", "data-testid": "submit" }, label);
    return h("form", { onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      this.#error.hidden = true;
      try { await submit(Object.fromEntries(new FormData(event.target))); } catch (error) {
        this.#error.textContent = error.field && t(`field.${error.field}`) !== `field.${error.field}` ? t(`field.${error.field}`) : sentence(error);
        this.#error.hidden = false;
      } finally { button.disabled = false; }
    } }, ...fields, button);
  }

  #phone() {
    this.#show(this.#form(async ({ phone }) => this.#code(await call("POST", "/api/auth/otp", { phone }), phone), t("door.send"),
      h("label", {}, h("span", {}, t("door.phone")), h("input", { name: "phone", type: "tel", autocomplete: "tel", required: true, placeholder: "090-1234-5678", "data-testid": "phone" }))),
    h("p", { class: "muted small" }, t("door.why")));
  }

  #code({ challenge }, phone) {
    const local = ["localhost", "127.0.0.1"].includes(location.hostname);
    this.#show(h("p", {}, t("door.sent", { phone })), this.#form(async ({ code }) => {
      const answer = await call("POST", "/api/auth/verify", { challenge, code, device: navigator.userAgentData?.platform ?? navigator.platform });
      if (answer.status === "registration") this.#register(answer.registration_token);
      else await this.#in(answer);
    }, t("door.verify"), h("label", {}, h("span", {}, t("door.code")),
      h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6", required: true, class: "figures", "data-testid": "code" }))),
    h("div", { class: "row" }, h("button", { class: "quiet", onclick: () => this.#phone() }, t("door.again")),
      local && h("a", { class: "button quiet", href: "/dev/inbox", target: "_blank" }, t("door.inbox"))));
  }

  #register(token) {
    const code = h("label", { hidden: true }, h("span", {}, t("door.cast_code")), h("input", { name: "cast_code", autocapitalize: "characters", "data-testid": "cast-code" }));
    const role = h("select", { name: "role", "data-testid": "role", onchange: () => { code.hidden = role.value !== "cast"; } },
      h("option", { value: "guest" }, t("role.guest")), h("option", { value: "cast" }, t("role.cast")));
    this.#show(this.#form(async (form) => {
      if (form.role !== "cast") delete form.cast_code;
      await this.#in(await call("POST", "/api/auth/register", { registration_token: token, ...form }));
    }, t("door.register"),
    h("label", {}, h("span", {}, t("door.name")), h("input", { name: "display_name", maxlength: "40", required: true, autocomplete: "nickname", "data-testid": "name" })),
    h("label", {}, h("span", {}, t("door.birth")), h("input", { name: "birth_date", type: "date", required: true, "data-testid": "birth" })),
    h("label", {}, h("span", {}, t("door.role")), role), code));
  }

  async #in(answer) {
    keep(answer);
    await enter(answer.account);
    dispatchEvent(new Event("navigate"));
  }
}
customElements.define("sign-in", SignIn);
