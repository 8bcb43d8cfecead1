// Where one writes. What is sent is on disk before it is on its way.
import { sentence, upload } from "../api.js";
import { fill, h, icon, tell } from "../dom.js";
import { draftOf, keepDraft } from "../drafts.js";
import { t } from "../i18n.js";
import { outbox, socket, store } from "../session.js";
import { preview } from "./preview.js";

const TYPING_MS = 4_000; // said again before the server's 6 s are over

class MessageComposer extends HTMLElement {
  /** The other thing one can do here: {label, testid, act}. Set before it is shown. */
  offer;
  #said = 0;
  #answering = null;
  #quote = h("div", { class: "answering", hidden: true });
  #text;
  #send;
  #file;
  #photo;

  connectedCallback() {
    const room = this.dataset.room;
    this.className = "composer";
    this.#text = h("textarea", { rows: "1", maxlength: "4000", placeholder: t("composer.placeholder"), "aria-label": t("composer.placeholder"), enterkeyhint: "enter", value: draftOf(`room ${room}`), "data-testid": "composer",
      oninput: () => { this.#changed(); this.#typing(Boolean(this.#text.value.trim())); }, onkeydown: (event) => this.#key(event) });
    this.#send = h("button", { class: "main send", "aria-label": t("composer.send"), "data-testid": "send", onpointerdown: (event) => event.preventDefault() }, icon("send"));
    this.#file = h("input", { type: "file", accept: "image/*", class: "unseen", tabindex: "-1", "aria-hidden": "true", "data-testid": "photo-file", onchange: () => this.#picture() });
    this.#photo = h("button", { type: "button", class: "bare", "aria-label": t("composer.photo"), "data-testid": "photo", onclick: () => this.#file.click() }, icon("photo"));
    const { label, testid, act } = this.offer;
    fill(this, h("form", { onsubmit: (event) => { event.preventDefault(); this.#submit(); } }, this.#quote,
      h("button", { type: "button", class: "offer", "data-testid": testid, onclick: act }, icon("letter"), h("span", {}, label)), this.#text, this.#file, this.#photo, this.#send));
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
    this.#sent();
  }

  #sent() {
    this.#text.value = "";
    this.answer(null);
    this.#changed();
    this.dispatchEvent(new Event("sent"));
  }

  /** The picture is the house's before the message is on its way; what has been written goes with it. */
  async #picture() {
    const [file] = this.#file.files;
    if (!file) return;
    this.#photo.disabled = true;
    tell(t("composer.uploading"));
    try {
      const { photo } = await upload(file);
      const body = this.#text.value.trim();
      await outbox.send({ type: "message.send", room: this.dataset.room, photo: photo.id, ...(body ? { body } : {}), ...(this.#answering ? { reply_to: this.#answering } : {}) }, photo);
      this.#sent();
      tell("");
    } catch (error) { tell(sentence(error)); } finally {
      this.#file.value = "";
      this.#photo.disabled = false;
    }
  }

  #key(event) {
    if (event.key === "Escape" && this.#answering) this.answer(null);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    this.#submit();
  }

  #changed() {
    const body = this.#text.value.trim();
    keepDraft(`room ${this.dataset.room}`, body && this.#text.value);
    this.#send.disabled = !body;
    if (!body) this.#typing(false);
  }

  #typing(typing) {
    if (typing ? this.#said && performance.now() - this.#said < TYPING_MS : !this.#said) return;
    this.#said = typing ? performance.now() : 0;
    if (store.me) socket.ask({ type: "room.typing", room: this.dataset.room, typing }).catch(() => { this.#said = 0; });
  }
}
customElements.define("message-composer", MessageComposer);
