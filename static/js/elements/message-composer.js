// Where one writes. What is sent is on disk before it is on its way.
import { fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { outbox, socket, store } from "../session.js";
import { preview } from "./room-list.js";

const TYPING_MS = 4_000; // said again before the server's 6 s are over
const drafts = new Map(); // what was begun in a room is there when one comes back

class MessageComposer extends HTMLElement {
  /** The other thing one can do here: {label, testid, act}. Set before it is shown. */
  offer;
  #said = 0;
  #answering = null;
  #quote = h("div", { class: "answering", hidden: true });
  #text;
  #send;

  connectedCallback() {
    const room = this.dataset.room;
    this.className = "composer";
    this.#text = h("textarea", { rows: "1", maxlength: "4000", placeholder: t("composer.placeholder"), "aria-label": t("composer.placeholder"), enterkeyhint: "enter", value: drafts.get(room) ?? "", "data-testid": "composer",
      oninput: () => this.#changed(), onkeydown: (event) => this.#key(event) });
    this.#send = h("button", { class: "main send", "aria-label": t("composer.send"), "data-testid": "send", onpointerdown: (event) => event.preventDefault() }, icon("send"));
    const { label, testid, act } = this.offer;
    fill(this, h("form", { onsubmit: (event) => { event.preventDefault(); this.#submit(); } }, this.#quote,
      h("button", { type: "button", class: "offer", "data-testid": testid, onclick: act }, icon("letter"), h("span", {}, label)), this.#text, this.#send));
    this.#changed();
    if (matchMedia("(pointer: fine)").matches) this.#text.focus({ preventScroll: true });
  }

  disconnectedCallback() { if (this.#said) this.#typing(false); }

  /** The next message answers `entry`. */
  answer(entry) {
    this.#answering = entry?.seq ?? null;
    this.#quote.hidden = !entry;
    if (entry) fill(this.#quote, h("span", { class: "quote" }, preview(entry)), h("button", { type: "button", class: "bare", "aria-label": t("composer.no_answer"), onclick: () => this.answer(null) }, icon("close")));
    if (entry) this.#text.focus();
  }

  #submit() {
    const body = this.#text.value.trim();
    if (!body) return;
    outbox.send({ type: "message.send", room: this.dataset.room, body, ...(this.#answering ? { reply_to: this.#answering } : {}) });
    this.#text.value = "";
    this.answer(null);
    this.#changed();
  }

  #key(event) {
    if (event.key === "Escape" && this.#answering) this.answer(null);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    this.#submit();
  }

  #changed() {
    const body = this.#text.value.trim();
    if (body) drafts.set(this.dataset.room, this.#text.value);
    else drafts.delete(this.dataset.room);
    this.#send.disabled = !body;
    this.#typing(Boolean(body));
  }

  #typing(typing) {
    if (typing ? performance.now() - this.#said < TYPING_MS : !this.#said) return;
    this.#said = typing ? performance.now() : 0;
    if (store.me) socket.ask({ type: "room.typing", room: this.dataset.room, typing }).catch(() => {});
  }
}
customElements.define("message-composer", MessageComposer);
