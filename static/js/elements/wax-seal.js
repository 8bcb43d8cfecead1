// The disc of wax: held it softens and glows, released early it sets again, confirmed it is stamped once. Finger, mouse, Space and Enter.
import { h } from "../dom.js";
import { t } from "../i18n.js";

class WaxSeal extends HTMLElement {
  #disc = h("span", { class: "disc" });
  #button = h("button", { class: "wax", type: "button", "data-testid": "seal" }, h("span", { class: "ring" }), this.#disc);
  #frame = 0;
  #held = false;

  /** Set by whoever shows it: `press()` gives {hold_ms}, `release()`, `pledge()`; each may refuse. */
  acts = null;

  constructor() {
    super();
    const up = () => this.#up();
    this.#button.addEventListener("pointerdown", (event) => { if (event.button === 0) { this.#button.setPointerCapture(event.pointerId); this.#down(); } });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) this.#button.addEventListener(name, up);
    this.#button.addEventListener("keydown", (event) => { if ((event.key === " " || event.key === "Enter") && !event.repeat) { event.preventDefault(); this.#down(); } });
    this.#button.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); up(); } });
    this.#button.addEventListener("contextmenu", (event) => event.preventDefault());
    this.rest();
  }

  connectedCallback() { this.replaceChildren(this.#button); }

  rest() { this.#set(false, false); this.#disc.textContent = t("seal.hold"); this.#button.disabled = !this.acts; this.#button.setAttribute("aria-label", t("seal.label")); }

  sealed() {
    const fresh = this.#button.dataset.sealed === "false";
    this.#set(false, true);
    this.#disc.textContent = "封";
    this.#button.disabled = true;
    this.#button.setAttribute("aria-label", t("seal.sealed"));
    if (fresh) { this.#button.dataset.stamp = "true"; navigator.vibrate?.(30); }
  }

  /** On the cast's side: the guest's finger, since how long. */
  warm(pressing) {
    cancelAnimationFrame(this.#frame);
    this.#set(Boolean(pressing), false);
    this.#disc.textContent = pressing ? t("seal.melting") : t("seal.waiting");
    if (pressing) this.#grow(pressing.since, pressing.holdMs);
  }

  async #down() {
    if (this.#held || !this.acts) return;
    this.#held = true;
    this.#set(true, false);
    navigator.vibrate?.(10);
    try {
      const { hold_ms } = await this.acts.press();
      if (!this.#held) return;
      const since = performance.now();
      this.#grow(since, hold_ms, async () => { this.#held = false; navigator.vibrate?.(20); await this.acts.pledge(); });
    } catch { this.#held = false; this.rest(); }
  }

  #up() {
    if (!this.#held) return;
    this.#held = false;
    cancelAnimationFrame(this.#frame);
    this.rest();
    this.acts?.release();
  }

  #grow(since, holdMs, full = null) {
    const step = () => {
      const part = Math.min(1, (performance.now() - since) / (holdMs + 60));
      this.#button.style.setProperty("--held", part);
      if (part < 1) this.#frame = requestAnimationFrame(step);
      else full?.();
    };
    step();
  }

  #set(warm, sealed) {
    cancelAnimationFrame(this.#frame);
    this.#button.dataset.warm = warm;
    this.#button.dataset.sealed = sealed;
    if (!warm) this.#button.style.setProperty("--held", 0);
  }
}
customElements.define("wax-seal", WaxSeal);
