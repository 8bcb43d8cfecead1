// The disc of wax: held it softens and glows, released early it sets again, confirmed it is stamped once. Finger, mouse, Space and Enter.
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";

const STAMP_MS = 400;
const AWAY_PX = 40; // a finger so far beside the disc says no
const isHold = ({ key }) => key === " " || key === "Enter";

class WaxSeal extends HTMLElement {
  #disc = h("span", { class: "disc", "data-testid": "seal-disc" });
  #button = h("button", { class: "wax", type: "button", "data-testid": "seal" }, h("span", { class: "ring" }), this.#disc);
  #frame = 0;
  #hold = 0; // counts the holds: what was begun by an earlier one is not finished by a later
  #held = false;
  #state = "";
  #acts = null;

  constructor() {
    super();
    const button = this.#button;
    button.addEventListener("pointerdown", (event) => { if (event.button === 0 && this.#acts) { button.setPointerCapture(event.pointerId); this.#down(); } });
    button.addEventListener("pointermove", (event) => { if (this.#held && isBeside(button, event)) this.#up(); });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(name, () => this.#up());
    button.addEventListener("keydown", (event) => { if (isHold(event)) { event.preventDefault(); if (!event.repeat) this.#down(); } else if (event.key === "Escape") this.#up(); });
    button.addEventListener("keyup", (event) => { if (isHold(event)) { event.preventDefault(); this.#up(); } });
    // A click that no finger and no key made comes from a switch or a screen reader, which cannot hold.
    button.addEventListener("click", (event) => { event.preventDefault(); if (event.detail === 0 && this.#acts && !this.#held) this.#acts.instead(); });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  connectedCallback() { if (!this.#button.isConnected) fill(this, this.#button); }
  disconnectedCallback() { this.#up(); cancelAnimationFrame(this.#frame); }

  get held() { return this.#held; }

  /** To be held: `acts.press()` gives {hold_ms}, `acts.release()`, `acts.pledge()`, and `acts.instead()` for who cannot hold. */
  invite(acts) {
    this.#acts = acts;
    if (!this.#held) this.#rest("invite", h("small", {}, t("seal.hold")), h("strong", {}, t("seal.pledge")));
    this.#button.disabled = false;
    this.#name(t("seal.label"));
  }

  /** On the cast's side: cold, or warm under the guest's finger, `pressing` {since, holdMs}. */
  watch(pressing) {
    this.#acts = null;
    this.#button.disabled = true;
    if (!pressing) { this.#rest("watch", h("small", {}, t("seal.waiting"))); this.#name(t("seal.waiting")); return; }
    if (this.#state === "warm") return;
    this.#show("warm", h("small", {}, t("seal.melting")));
    this.#name(t("seal.melting"));
    this.#grow(pressing.since, pressing.holdMs);
  }

  /** Stamped: once with the gesture, later only its mark. */
  sealed(name) {
    const live = ["invite", "watch", "warm"].includes(this.#state) && this.isConnected;
    this.#acts = null;
    this.#held = false;
    if (this.#state === "sealed") return;
    this.#rest("sealed");
    this.#button.disabled = true;
    this.#name(name);
    if (!live) return;
    this.#button.dataset.stamp = "true";
    setTimeout(() => delete this.#button.dataset.stamp, STAMP_MS);
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(30); // else a browser complains
  }

  /** Cold, and nothing to be done about it any more. */
  cold() {
    this.#acts = null;
    this.#held = false;
    this.#rest("cold");
    this.#button.disabled = true;
  }

  async #down() {
    if (this.#held || !this.#acts) return;
    const hold = ++this.#hold;
    const since = performance.now();
    this.#held = true;
    this.#show("warm", ...this.#disc.childNodes);
    this.#glow(0.04);
    navigator.vibrate?.(10);
    const pressed = await this.#acts.press();
    if (hold !== this.#hold || !this.#held) return;
    if (!pressed) { this.#held = false; this.invite(this.#acts); return; }
    // Counted from the answer: the server began before it, so at the end it has been held long enough by its clock too.
    this.#grow(since, performance.now() - since + pressed.hold_ms, () => { if (hold === this.#hold && this.#held) this.#full(); });
  }

  async #full() {
    this.#held = false;
    navigator.vibrate?.(20);
    await this.#acts.pledge();
    if (this.#acts && !this.#held) this.invite(this.#acts);
  }

  #up() {
    if (!this.#held) return;
    this.#held = false;
    const acts = this.#acts;
    this.invite(acts);
    acts.release();
  }

  #grow(since, ms, full) {
    cancelAnimationFrame(this.#frame);
    const step = () => {
      const part = Math.min(1, (performance.now() - since) / ms);
      this.#glow(part);
      if (part < 1) this.#frame = requestAnimationFrame(step);
      else full?.();
    };
    step();
  }

  #glow(part) { this.#button.style.setProperty("--held", part.toFixed(3)); }

  #rest(state, ...words) {
    cancelAnimationFrame(this.#frame);
    this.#glow(0);
    this.#show(state, ...words);
  }

  #show(state, ...words) {
    if (state === this.#state) return;
    this.#state = state;
    this.#button.dataset.warm = this.#disc.dataset.warm = String(state === "warm");
    this.#button.dataset.sealed = String(state === "sealed");
    fill(this.#disc, words);
  }

  #name(text) { this.#button.setAttribute("aria-label", text); }
}

function isBeside(node, { clientX, clientY }) {
  const box = node.getBoundingClientRect();
  return Math.hypot(clientX - box.left - box.width / 2, clientY - box.top - box.height / 2) > box.width / 2 + AWAY_PX;
}
customElements.define("wax-seal", WaxSeal);
