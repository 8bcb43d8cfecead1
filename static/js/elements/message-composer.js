// Where one writes. What is sent is on disk before it is on its way.
import { outbox, socket } from "../app.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";

const TYPING_MS = 4_000; // said again before the server's 6 s are over

class MessageComposer extends HTMLElement {
  #said = 0;

  connectedCallback() {
    const room = this.dataset.room;
    const text = h("textarea", { rows: "1", maxlength: "4000", placeholder: t("composer.placeholder"), "aria-label": t("composer.placeholder"), "data-testid": "composer", enterkeyhint: "send",
      oninput: () => this.#typing(room, Boolean(text.value.trim())),
      onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) { event.preventDefault(); form.requestSubmit(); } } });
    const form = h("form", { class: "composer", onsubmit: (event) => {
      event.preventDefault();
      if (!text.value.trim()) return;
      outbox.send({ type: "message.send", room, body: text.value.trim() });
      text.value = "";
      this.#typing(room, false);
      text.focus();
    } }, h("span"), text, h("button", { class: "main", "data-testid": "send" }, t("composer.send")));
    this.replaceChildren(form);
  }

  #typing(room, typing) {
    if (typing && performance.now() - this.#said < TYPING_MS) return;
    if (!typing && !this.#said) return;
    this.#said = typing ? performance.now() : 0;
    socket.ask({ type: "room.typing", room, typing }).catch(() => {});
  }
}
customElements.define("message-composer", MessageComposer);
