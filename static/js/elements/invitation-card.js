// The folded letter: cast, plan, time, full price, terms, all frozen in it; a countdown by the server's clock; and its seal.
import { socket, store } from "../app.js";
import { sentence } from "../api.js";
import { countdown, money, nightDay, nightTime, now } from "../clock.js";
import { ask, h } from "../dom.js";
import { t } from "../i18n.js";
import "./wax-seal.js";

class InvitationCard extends HTMLElement {
  #reservation = null;
  #seal = h("wax-seal");
  #countdown = h("p", { class: "countdown figures" });
  #state = h("p", { class: "state" });
  #said = h("p", { class: "said", role: "status" });
  #acts = h("div", { class: "acts" });
  #timer = 0;

  connectedCallback() { store.addEventListener("change", this.#warm); this.#timer = setInterval(() => this.#count(), 500); }
  disconnectedCallback() { store.removeEventListener("change", this.#warm); clearInterval(this.#timer); }

  show(reservation) {
    const first = !this.#reservation;
    this.#reservation = reservation;
    this.className = "letter";
    this.dataset.testid = "invitation";
    this.dataset.status = reservation.status;
    this.dataset.reservation = reservation.id;
    if (first) this.#build(reservation);
    this.#refresh();
  }

  #build({ cast, plan, starts_at, ends_at, cancel_until }) {
    const row = (label, ...value) => [h("dt", {}, label), h("dd", { class: "figures" }, ...value)];
    this.replaceChildren(
      h("header", {}, h("p", { class: "muted small" }, t("letter.from", { name: cast.display_name })), h("h2", {}, t("letter.title"))),
      h("dl", {}, row(t("letter.plan"), plan.name), row(t("letter.day"), h("time", { datetime: starts_at }, nightDay(starts_at))),
        row(t("letter.time"), `${nightTime(starts_at)} – ${nightTime(ends_at)}`), row(t("letter.price"), h("span", { class: "price" }, money(plan.price)), " ", h("span", { class: "small muted" }, t("letter.total"))),
        row(t("letter.cancel"), `${nightDay(cancel_until)} ${nightTime(cancel_until)}`)),
      h("p", { class: "terms" }, plan.terms), this.#seal, this.#state, this.#countdown, this.#said, this.#acts);
  }

  #refresh() {
    const { status } = this.#reservation;
    const guest = store.me.role === "guest";
    const open = status === "draft";
    this.#state.textContent = open ? "" : t(`status.${status}`);
    this.#seal.hidden = !["draft", "confirmed", "arrived", "completed"].includes(status);
    this.#seal.acts = guest && open ? { press: () => this.#press(), release: () => this.#release(), pledge: () => this.#pledge() } : null;
    if (!open) this.#seal.sealed();
    else if (guest) this.#seal.rest();
    this.#warm();
    this.#buttons(guest, status);
    this.#count();
  }

  #buttons(guest, status) {
    const button = (label, act, testid) => h("button", { class: "quiet", "data-testid": testid, onclick: act }, label);
    const id = this.#reservation.id;
    this.#acts.replaceChildren(...(status === "draft"
      ? guest ? [button(t("seal.other_way"), () => this.#twoSteps(), "two-steps"), button(t("invite.decline"), () => this.#end("invitation.decline"), "decline")]
        : [button(t("invite.withdraw"), () => this.#end("invitation.withdraw"), "withdraw")]
      : status === "confirmed" && Date.parse(this.#reservation.starts_at) > now() ? [button(t("reservation.cancel"), () => this.#cancel(id), "cancel")] : []));
  }

  #warm = () => {
    if (this.#reservation?.status === "draft" && store.me.role === "cast") this.#seal.warm(store.pressing.get(this.#reservation.id));
  };

  #count() {
    const { status, expires_at } = this.#reservation ?? {};
    if (status !== "draft") { this.#countdown.textContent = ""; return; }
    const left = Date.parse(expires_at) - now();
    this.#countdown.textContent = left > 0 ? t("letter.left", { time: countdown(left) }) : t("letter.over");
    if (left <= 0 && this.#seal.acts) { this.#seal.acts = null; this.#seal.rest(); }
  }

  async #press() {
    this.#said.textContent = "";
    try { return await socket.ask({ type: "reservation.press", reservation: this.#reservation.id }); } catch (error) {
      this.#said.textContent = error.code === "offline" ? t("seal.offline") : sentence(error);
      throw error;
    }
  }

  #release() {
    this.#said.textContent = t("seal.released");
    socket.ask({ type: "reservation.release", reservation: this.#reservation.id }).catch(() => {});
  }

  async #pledge() {
    const key = crypto.randomUUID();
    try {
      const { reservation } = await socket.ask({ type: "reservation.pledge", reservation: this.#reservation.id, terms_version: this.#reservation.plan.terms_version }, key);
      store.take(reservation);
      this.#said.textContent = t("seal.done");
    } catch (error) {
      this.#seal.rest();
      this.#said.textContent = error.code === "offline" ? t("seal.unknown") : sentence(error);
    }
  }

  /** For whoever cannot hold: the same words, and two separate confirmations. */
  async #twoSteps() {
    const { plan, starts_at } = this.#reservation;
    const words = h("p", {}, t("seal.really", { plan: plan.name, when: `${nightDay(starts_at)} ${nightTime(starts_at)}`, price: money(plan.price) }));
    const next = h("button", { class: "main" }, t("seal.step1"));
    const box = h("div", {}, h("h2", {}, t("seal.label")), words, h("p", { class: "terms small muted" }, plan.terms), h("div", { class: "row" }, next, h("button", { class: "quiet", onclick: () => box.closest("dialog").close() }, t("cancel"))));
    next.onclick = async () => {
      const { hold_ms } = await this.#press().catch(() => ({}));
      if (!hold_ms) { box.closest("dialog").close(); return; }
      next.disabled = true;
      setTimeout(() => { next.disabled = false; next.textContent = t("seal.step2"); next.onclick = async () => { next.disabled = true; await this.#pledge(); box.closest("dialog").close(); }; }, hold_ms + 100);
    };
    await ask(box);
  }

  async #end(type, more = {}) {
    try { store.take((await socket.ask({ type, reservation: this.#reservation.id, ...more }, crypto.randomUUID())).reservation); } catch (error) {
      this.#said.textContent = sentence(error);
      return error;
    }
    return null;
  }

  async #cancel() {
    const late = Date.parse(this.#reservation.cancel_until) < now();
    const box = h("div", {}, h("h2", {}, t("reservation.cancel")), h("p", {}, t(late ? "reservation.cancel_late" : "reservation.cancel_really")),
      h("div", { class: "row" }, h("button", { class: "main", onclick: async () => { box.closest("dialog").close(); await this.#end("reservation.cancel", late ? { late: true } : {}); } }, t("reservation.cancel_yes")),
        h("button", { class: "quiet", onclick: () => box.closest("dialog").close() }, t("back"))));
    await ask(box);
  }
}
customElements.define("invitation-card", InvitationCard);
