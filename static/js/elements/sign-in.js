// The door: number, code, and for who is new a name.
import { knock } from "../api.js";
import { calendarDay, now } from "../clock.js";
import { fill, h } from "../dom.js";
import { busy, problemLine } from "../forms.js";
import { chooseLanguage, language, t } from "../i18n.js";
import { enter, settle } from "../session.js";

const ADULT_YEARS = 18;
const STEP = "fuuro.door"; // how far somebody has come: a reload, another language and the back button find them there

class SignIn extends HTMLElement {
  #problem;

  connectedCallback() {
    const { token, challenge, phone } = JSON.parse(sessionStorage.getItem(STEP) ?? "{}");
    if (token) this.#register(token);
    else if (challenge) this.#code(challenge, phone);
    else this.#phone();
  }

  /** From here on a reload begins. */
  #keep(step) { sessionStorage.setItem(STEP, JSON.stringify(step)); }

  #show(...content) {
    this.className = "door";
    fill(this, h("div", { class: "brandmark" }, h("img", { src: "/icons/wax-sealed.svg", alt: "", width: "104", height: "104" }), h("h1", {}, "封蝋"), h("p", {}, t("door.motto"))),
      content, h("p", { class: "foot" }, h("button", { class: "quiet", lang: language === "ja" ? "en" : "ja", onclick: () => chooseLanguage(language === "ja" ? "en" : "ja") }, t("language.other"))));
    this.querySelector("input")?.focus();
  }

  #form(label, submit, ...fields) {
    this.#problem = problemLine();
    const button = h("button", { class: "main", "data-testid": "submit" }, label);
    return h("form", { onsubmit: (event) => {
      event.preventDefault();
      const said = Object.fromEntries([...new FormData(event.target)].map(([name, value]) => [name, value.trim()]));
      busy(button, this.#problem, () => submit(said));
    } }, fields, this.#problem, button);
  }

  /** `known` is the number that was typed before, to which a `challenge` went out. */
  #phone(known = "", challenge = null) {
    const phone = h("input", { name: "phone", value: known, type: "tel", autocomplete: "tel", required: true, placeholder: "090-1234-5678", class: "figures", "data-testid": "phone" });
    this.#show(this.#form(t("door.send"), async (said) => { await settle(); this.#code((await knock("POST", "/api/auth/otp", said)).challenge, said.phone); }, h("label", {}, h("span", {}, t("door.phone")), phone)),
      h("p", { class: "muted small" }, t("door.why")), challenge && h("p", { class: "foot" }, h("button", { class: "quiet", "data-testid": "have-code", onclick: () => this.#code(challenge, known) }, t("door.have_code"))));
  }

  #code(challenge, phone) {
    this.#keep({ challenge, phone });
    const code = h("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6", required: true, class: "code", "data-testid": "code" });
    const inbox = h("a", { class: "button quiet", href: "/dev/inbox", target: "_blank", hidden: true }, t("door.inbox"));
    this.#show(h("p", {}, t("door.sent", { phone })),
      this.#form(t("door.verify"), async (said) => {
        const answer = await knock("POST", "/api/auth/verify", { challenge, code: said.code, device: device() });
        if (answer.status === "registration") this.#register(answer.registration_token);
        else await enter(answer);
      }, h("label", {}, h("span", {}, t("door.code")), code)),
      h("p", { class: "foot" }, h("button", { class: "quiet", "data-testid": "other-number", onclick: () => this.#phone(phone, challenge) }, t("door.again")), inbox));
    if (["localhost", "127.0.0.1"].includes(location.hostname)) fetch("/dev/inbox.json").then(({ ok }) => { inbox.hidden = !ok; }, () => {});
  }

  #register(token) {
    this.#keep({ token });
    const code = h("input", { name: "cast_code", autocapitalize: "characters", autocomplete: "off", placeholder: "XXXX-XXXX-XXXX", "data-testid": "cast-code" });
    const codeField = h("label", { hidden: true }, h("span", {}, t("door.cast_code")), code, h("span", { class: "muted small" }, t("door.cast_code_how")));
    const role = h("select", { name: "role", "data-testid": "role", onchange: () => { codeField.hidden = role.value !== "cast"; code.required = role.value === "cast"; } },
      h("option", { value: "guest" }, t("role.guest")), h("option", { value: "cast" }, t("role.cast")));
    const birth = h("input", { name: "birth_date", type: "date", autocomplete: "bday", required: true, min: "1900-01-01", "data-testid": "birth" });
    this.#show(h("p", {}, t("door.welcome")), this.#form(t("door.register"), async ({ cast_code, ...said }) => {
      if (!adult(said.birth_date)) throw { code: "invalid", field: "birth_date" };
      await enter(await knock("POST", "/api/auth/register", { registration_token: token, ...said, ...(said.role === "cast" ? { cast_code } : {}), device: device() }));
    },
    h("label", {}, h("span", {}, t("door.name")), h("input", { name: "display_name", maxlength: "40", required: true, autocomplete: "nickname", "data-testid": "name" }), h("span", { class: "muted small" }, t("door.name_how"))),
    h("label", {}, h("span", {}, t("door.birth")), birth, h("span", { class: "muted small" }, t("door.adult"))),
    h("label", {}, h("span", {}, t("door.role")), role), codeField),
    h("p", { class: "foot" }, h("button", { class: "quiet", onclick: () => this.#phone() }, t("door.again"))));
  }
}

/** What the device list calls this browser. */
function device() {
  const { userAgentData, userAgent, platform } = navigator;
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((name) => userAgent.includes(name)) ?? "";
  return [userAgentData?.platform || platform, browser.replace("Edg", "Edge")].filter(Boolean).join(" · ").slice(0, 80) || undefined;
}

/** The server judges; this only spares the round trip. */
function adult(birth) {
  const today = calendarDay(now());
  return birth <= `${Number(today.slice(0, 4)) - ADULT_YEARS}${today.slice(4)}`;
}
customElements.define("sign-in", SignIn);
