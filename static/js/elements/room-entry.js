// One line of the conversation. A pending row becomes the written entry in its place: both have the same key.
import { outbox, store } from "../app.js";
import { sentence } from "../api.js";
import { clockTime, nightDay, nightTime } from "../clock.js";
import { ask, h } from "../dom.js";
import { t } from "../i18n.js";
import "./invitation-card.js";

class RoomEntry extends HTMLElement {
  #said = "";

  show(entry, card) {
    const mine = entry.by === store.me.id;
    const read = mine && card?.their_read != null && card.their_read >= entry.seq && entry.seq > 0;
    const saying = JSON.stringify([entry, read]);
    if (saying === this.#said) return;
    this.#said = saying;
    this.dataset.seq = entry.seq;
    this.dataset.kind = entry.kind;
    this.dataset.state = entry.state ?? "sent";
    this.dataset.testid = "entry";
    if (entry.kind === "invitation") { this.className = "entry-letter"; this.#letter(entry); return; }
    if (entry.kind === "seal" || entry.kind === "notice") { this.className = "notice"; this.replaceChildren(entry.kind === "seal" ? `◉ ${t("seal.line", { when: `${nightDay(entry.reservation.starts_at)} ${nightTime(entry.reservation.starts_at)}` })}` : t(`notice.${entry.status}`)); return; }
    this.className = "entry";
    this.toggleAttribute("data-mine", mine);
    this.replaceChildren(...this.#text(entry, mine, read));
  }

  #letter(entry) {
    let card = this.querySelector("invitation-card");
    if (!card) this.replaceChildren((card = h("invitation-card")));
    card.show(entry.reservation);
  }

  #text(entry, mine, read) {
    const quoted = entry.reply_to && store.logs.get(entry.room)?.entries.get(entry.reply_to);
    const body = entry.kind === "request" ? `${t("request.line")}${entry.note ? `\n${entry.note}` : ""}` : entry.body;
    const marks = entry.state === "failed"
      ? [h("span", {}, sentence({ code: "failed" })), h("button", { onclick: () => outbox.again(entry.key) }, t("entry.again")), h("button", { onclick: () => outbox.discard(entry.key) }, t("entry.discard"))]
      : [h("time", { datetime: entry.at }, clockTime(entry.at)), entry.edited_at && h("span", {}, t("entry.edited")),
        mine && h("span", {}, entry.state === "pending" ? t("entry.pending") : read ? t("entry.read") : t("entry.sent")),
        mine && entry.seq > 0 && entry.kind === "text" && !entry.deleted && h("button", { "aria-label": t("entry.more"), onclick: () => this.#menu(entry) }, "⋯")];
    return [quoted && h("p", { class: "quote" }, quoted.deleted ? t("entry.deleted") : quoted.body ?? ""),
      entry.deleted ? h("p", { class: "body gone" }, t("entry.deleted")) : h("p", { class: "body" }, body), h("p", { class: "meta" }, marks)].filter(Boolean);
  }

  async #menu(entry) {
    const text = h("textarea", { rows: "3", maxlength: "4000" });
    text.value = entry.body;
    const error = h("p", { class: "error", role: "alert", hidden: true });
    const act = async (command) => {
      try { await store.say({ room: entry.room, seq: entry.seq, ...command }); form.closest("dialog").close(); } catch (refused) { error.textContent = sentence(refused); error.hidden = false; }
    };
    const form = h("form", { onsubmit: (event) => { event.preventDefault(); act({ type: "message.edit", body: text.value }); } },
      h("h2", {}, t("entry.edit")), text, error,
      h("div", { class: "row" }, h("button", { class: "main" }, t("save")), h("button", { type: "button", onclick: () => act({ type: "message.delete" }) }, t("entry.delete")),
        h("button", { type: "button", class: "quiet", onclick: () => form.closest("dialog").close() }, t("cancel"))));
    await ask(form);
  }
}
customElements.define("room-entry", RoomEntry);
