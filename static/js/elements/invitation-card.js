// The folded letter: cast, plan, time, full price, terms, all frozen in it; a countdown by the server's clock; and its seal.
import { sentence } from "../api.js";
import { countdown, dayName, money, nightOf, nightSpan, nightTime, now, plainTime } from "../clock.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { socket, store } from "../session.js";
import "./wax-seal.js";

const SEALED = new Set(["confirmed", "arrived", "completed", "no_show", "disputed", "upheld", "cleared"]);
const NOT_HELD_TRIES = 3;
const PRESS_MS = 3_000; // a finger waits no longer for its answer
const PLEDGE_MS = 2_000; // after which it is said that the answer is awaited

class InvitationCard extends HTMLElement {
  #reservation = null;
  #seal = h("wax-seal");
  #state = h("p", { class: "state" });
  #countdown = h("p", { class: "countdown", "data-testid": "countdown" });
  #said = h("p", { class: "said", role: "status" });
  #acts = h("div", { class: "acts" });
  #timer = 0;
  #pledging = null; // the key of a pledge whose answer is not known
  #lapsed = false;

  connectedCallback() {
    store.addEventListener("change", this.#warm);
    this.#timer = setInterval(() => this.#count(), 500);
  }

  disconnectedCallback() {
    store.removeEventListener("change", this.#warm);
    clearInterval(this.#timer);
  }

  show(reservation) {
    const known = this.#reservation;
    this.#reservation = reservation;
    if (known && known.version !== reservation.version) this.#said.textContent = "";
    this.#lapsed = reservation.status === "draft" && Date.parse(reservation.expires_at) <= now();
    this.#refresh();
  }

  get #status() { return this.#lapsed ? "expired" : this.#reservation.status; }

  #refresh() {
    const status = this.#status;
    this.className = "letter";
    Object.assign(this.dataset, { testid: "invitation", status, reservation: this.#reservation.id });
    const folded = status !== "draft" && !SEALED.has(status);
    this.toggleAttribute("data-folded", folded);
    this.#state.textContent = status === "draft" ? "" : t(`status.${status}`);
    if (folded) { fill(this, this.#folded()); return; }
    if (!this.#seal.isConnected) fill(this, this.#sheet(), this.#seal, this.#state, this.#countdown, this.#said, this.#acts);
    if (status !== "draft") this.#seal.sealed(t("seal.sealed"));
    else if (store.me.role === "guest") this.#seal.invite({ press: () => this.#warmUp(), release: () => this.#release(), pledge: () => this.#pledge(), instead: () => this.#inSteps() });
    this.#warm();
    this.#buttons(status);
    this.#count();
  }

  #sheet() {
    const { cast, guest, plan, starts_at, ends_at, cancel_until, replaces } = this.#reservation;
    const replaced = store.reservations.get(replaces);
    const castReads = store.me.role === "cast";
    const free = Date.parse(cancel_until) >= Date.parse(starts_at) ? t("letter.until_start") : Date.parse(cancel_until) > now() ? t("letter.until", { when: `${dayName(nightOf(cancel_until))} ${nightTime(cancel_until)}` }) : t("letter.no_longer");
    const after = plainTime(starts_at) ?? plainTime(ends_at);
    return h("article", { class: "sheet", "aria-label": t("letter.title") },
      h("div", { class: "fold" }, h("div", { class: "when" }, h("p", { class: "from" }, t(castReads ? "letter.to" : "letter.from", { name: (castReads ? guest : cast).display_name })),
        h("time", { datetime: starts_at }, dayName(nightOf(starts_at))), h("p", { class: "hours" }, nightSpan(starts_at, ends_at)),
        after && h("p", { class: "small muted figures" }, t(plainTime(starts_at) ? "letter.starts_after_midnight" : "letter.ends_after_midnight", { time: after }))),
      h("h2", {}, t("letter.title"))),
      h("dl", { class: "fold" }, h("dt", {}, t("letter.plan")), h("dd", {}, plan.name),
        h("dt", {}, t("letter.price")), h("dd", {}, h("span", { class: "price" }, money(plan.price)), " ", h("small", {}, t("letter.total"))),
        h("dt", {}, t("letter.cancel")), h("dd", { class: "figures" }, free)),
      h("p", { class: "fold terms" }, replaces && h("strong", {}, replaced ? t("letter.moves", { when: `${dayName(nightOf(replaced.starts_at))} ${nightSpan(replaced.starts_at, replaced.ends_at)}` }) : t("letter.moves_one"), h("br")), plan.terms));
  }

  #folded() {
    const { plan, starts_at, ends_at, ended } = this.#reservation;
    return h("article", { class: "sheet" }, this.#state, h("span", { class: "figures" }, `${dayName(nightOf(starts_at))} ${nightSpan(starts_at, ends_at)}`), h("span", {}, `${plan.name} ${money(plan.price)}`),
      ended?.reason && h("span", {}, t("letter.reason", { reason: ended.reason })));
  }

  #warm = () => { if (store.me?.role === "cast" && this.#reservation && this.#status === "draft") this.#seal.watch(store.pressing.get(this.#reservation.id)); };

  #buttons(status) {
    const guest = store.me.role === "guest";
    const button = (label, testid, act) => h("button", { class: "quiet", "data-testid": testid, onclick: act }, label);
    const begun = Date.parse(this.#reservation.starts_at) <= now();
    fill(this.#acts,
      status === "draft" && guest && button(t("seal.instead"), "two-steps", () => this.#inSteps()),
      status === "draft" && guest && button(t("invite.decline"), "decline", () => this.#decline()),
      status === "draft" && !guest && button(t("invite.withdraw"), "withdraw", () => this.#withdraw()),
      status === "confirmed" && !begun && !guest && button(t("reservation.move"), "move", async () => (await later(() => import("./invitation-composer.js"))).move(this.#reservation)),
      status === "confirmed" && !begun && button(t("reservation.cancel"), "cancel", () => this.#cancel()));
  }

  #count() {
    if (!this.#reservation || this.#reservation.status !== "draft") { this.#countdown.textContent = ""; return; }
    const left = Date.parse(this.#reservation.expires_at) - now();
    if (left <= 0) { if (!this.#lapsed && !this.#pledging) { this.#lapsed = true; this.#refresh(); } return; }
    fill(this.#countdown, t("letter.left"), " ", h("strong", {}, countdown(left)));
  }

  /** {hold_ms}. Throws Refused: then nothing happened. */
  #press() { return socket.ask({ type: "reservation.press", reservation: this.#reservation.id }, undefined, PRESS_MS); }

  /** The same for a finger, which is told; null where it was refused or nobody heard. */
  async #warmUp() {
    this.#said.textContent = "";
    try { return await this.#press(); } catch (error) {
      this.#say(error.code === "offline" ? t("seal.offline") : sentence(error));
      return null;
    }
  }

  #release() {
    this.#say(t("seal.released"));
    socket.ask({ type: "reservation.release", reservation: this.#reservation.id }).catch(() => {});
  }

  /** The same key until an answer is known: a pledge that was written is never asked for twice. True when it is done. */
  async #pledge() {
    this.#pledging ??= crypto.randomUUID();
    const { id, plan } = this.#reservation;
    for (let tries = 1; ; tries += 1) {
      const slow = setTimeout(() => this.#say(t("seal.slow")), PLEDGE_MS);
      try {
        await store.give({ type: "reservation.pledge", reservation: id, terms_version: plan.terms_version }, this.#pledging);
        this.#pledging = null;
        this.#say(t("seal.done"));
        return true;
      } catch (error) {
        if (error.code === "offline") { this.#say(t("seal.unknown")); socket.addEventListener("opened", () => this.#askAgain(), { once: true }); return false; }
        this.#pledging = error.temporary ? this.#pledging : crypto.randomUUID();
        if (tries < NOT_HELD_TRIES && (error.code === "not_held" || error.temporary)) { await new Promise((done) => { setTimeout(done, 250 * tries); }); continue; }
        this.#pledging = null;
        this.#say(sentence(error));
        return false;
      } finally { clearTimeout(slow); }
    }
  }

  async #askAgain() {
    if (!this.#pledging) return;
    if (this.#reservation.status !== "draft") { this.#pledging = null; return; }
    if (!(await this.#pledge()) && !this.#pledging && this.#reservation.status === "draft") this.#say(t("seal.not_written"));
  }

  async #inSteps() {
    const { confirmInSteps } = await later(() => import("./letter-dialogs.js"));
    await confirmInSteps(this.#reservation, async () => {
      const pressed = await this.#press();
      await new Promise((done) => { setTimeout(done, pressed.hold_ms); });
      if (!(await this.#pledge())) throw { code: "failed", message: this.#said.textContent };
    });
  }

  async #withdraw() {
    try { await store.give({ type: "invitation.withdraw", reservation: this.#reservation.id }); } catch (error) { this.#say(sentence(error)); }
  }

  async #decline() {
    const { confirmDecline } = await later(() => import("./letter-dialogs.js"));
    await confirmDecline(this.#reservation, (command, key) => store.give(command, key));
  }

  async #cancel() {
    const { confirmCancel } = await later(() => import("./letter-dialogs.js"));
    await confirmCancel(this.#reservation, (command, key) => store.give(command, key));
  }

  #say(text) { this.#said.textContent = text; }
}
customElements.define("invitation-card", InvitationCard);
