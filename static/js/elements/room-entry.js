// One line of the conversation. A pending row becomes the written entry in its place: both have the same key.
import { sentence } from "../api.js";
import { clockTime, dayName, nightOf, nightTime } from "../clock.js";
import { ask, fill, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { later } from "../later.js";
import { planName } from "../plans.js";
import { outbox, store } from "../session.js";
import "./invitation-card.js";

class RoomEntry extends HTMLElement {
  #said = "";
  #entry;

  show(entry, card) {
    const mine = entry.by === store.me.id;
    const read = mine && entry.seq > 0 && (card?.their_read ?? 0) >= entry.seq;
    const quoted = entry.reply_to ? store.logs.get(entry.room)?.get(entry.reply_to) : null;
    const reservation = entry.reservation && (store.reservations.get(entry.reservation.id) ?? entry.reservation);
    const said = `${read} ${entry.state} ${quoted?.body} ${quoted?.deleted} ${reservation?.version} ${JSON.stringify(entry.delivery)}`;
    if (said === this.#said && entry === this.#entry) return; // the log makes a new entry of one that has changed
    this.#said = said;
    this.#entry = entry;
    Object.assign(this.dataset, { testid: "entry", seq: entry.seq, kind: entry.kind, state: entry.state ?? "sent" });
    if (entry.kind === "invitation") this.#letter(reservation);
    else if (entry.kind === "seal" || entry.kind === "notice") this.#notice(entry, reservation);
    else this.#words(entry, mine, read, quoted);
  }

  #letter(reservation) {
    this.className = "entry-letter";
    const card = this.querySelector("invitation-card") ?? h("invitation-card");
    if (!card.isConnected) fill(this, card);
    card.show(reservation);
  }

  #notice(entry, { starts_at, cast, guest }) {
    this.className = "notice";
    const when = `${dayName(nightOf(starts_at))} ${nightTime(starts_at)}`;
    const come = entry.delivery?.[store.me.id === cast.id ? guest.id : cast.id];
    fill(this, h("span", { class: "figures" }, t(entry.kind === "seal" ? "seal.line" : `notice.${entry.status}`, { when }),
      come && come !== "stored" && h("small", { class: "muted", "data-testid": "delivery" }, t(`delivery.${come}`))));
  }

  #words(entry, mine, read, quoted) {
    this.className = "entry";
    this.toggleAttribute("data-mine", mine);
    const marks = h("span", { class: "meta" },
      mine && (entry.state === "pending" ? h("span", {}, t("entry.pending")) : entry.state === "failed" ? h("span", {}, t("entry.failed")) : read && h("span", { "data-testid": "read" }, t("entry.read"))),
      entry.edited_at && !entry.deleted && h("span", {}, t("entry.edited")), h("time", { datetime: entry.at }, clockTime(entry.at)),
      entry.seq > 0 && !entry.deleted && h("button", { class: "bare more", "aria-label": t("entry.more"), "data-testid": "more", onclick: () => this.#menu() }, icon("more")));
    const bubble = h("div", { class: "bubble" }, quoted && h("button", { class: "quote", "aria-label": t("entry.quoted"), onclick: (event) => { event.stopPropagation(); this.#tell("jump", quoted.seq); } }, quoted.deleted ? t("entry.deleted") : quoted.body ?? t(`preview.${quoted.kind}`)),
      this.#body(entry));
    if (entry.seq > 0 && !entry.deleted) bubble.addEventListener("click", () => { if (matchMedia("(hover: none)").matches && getSelection().isCollapsed) this.#menu(); });
    fill(this, bubble, marks, entry.state === "failed" && h("div", { class: "failed", role: "alert" }, h("span", {}, sentence(entry.error ?? {})),
      h("button", { onclick: () => outbox.again(entry.key), "data-testid": "again" }, t("entry.again")), h("button", { class: "quiet", onclick: () => outbox.discard(entry.key) }, t("entry.discard"))));
  }

  #body(entry) {
    if (entry.deleted) return h("p", { class: "body gone" }, t("entry.deleted"));
    if (entry.kind !== "request") return [entry.photo && h("button", { type: "button", class: "look", onclick: (event) => { event.stopPropagation(); look(entry.photo); } }, h("img", { class: "photo", src: entry.photo.sizes["720"] ?? Object.values(entry.photo.sizes)[0], alt: t("preview.photo"), loading: "lazy" })), entry.body && h("p", { class: "body" }, entry.body)];
    const plan = h("span");
    if (entry.plan) planName(store.me.role === "cast" ? store.me.id : store.rooms.get(entry.room)?.with.id, entry.plan).then((name) => { plan.textContent = name ?? ""; });
    return h("div", { class: "body request" }, h("strong", {}, t("request.line")), entry.plan && plan,
      entry.starts_at && h("span", { class: "figures" }, `${dayName(nightOf(entry.starts_at))} ${nightTime(entry.starts_at)}`), entry.note && h("span", {}, entry.note));
  }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true })); }

  async #menu() {
    const { entryMenu } = await later(() => import("./entry-menu.js"));
    await entryMenu(this.#entry, () => this.#tell("reply", this.#entry));
  }
}

/** A picture alone, as large as the house has it; a tap puts it away. */
function look({ sizes }) {
  ask(t("preview.photo"), (close) => h("button", { type: "button", class: "bare viewer", "aria-label": t("cancel"), onclick: () => close() }, h("img", { src: Object.values(sizes).at(-1), alt: t("preview.photo") })));
}
customElements.define("room-entry", RoomEntry);
