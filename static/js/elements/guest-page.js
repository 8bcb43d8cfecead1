// A guest as a cast who knows them sees them: her own note, what happened between the two, and what the house counts.
import { command, read, sentence } from "../api.js";
import { calendarDay, dayName, nightOf } from "../clock.js";
import { fill, h, icon, tell } from "../dom.js";
import { draftOf, keepDraft } from "../drafts.js";
import { askForm, busy, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { store } from "../session.js";
import { block } from "./block-dialog.js";
import { portrait } from "./face.js";
import { report } from "./report-dialog.js";
import { reservationCard } from "./reservation-card.js";

class GuestPage extends HTMLElement {
  #id;
  #page = h("div", { class: "page" });
  #title = h("h1");

  connectedCallback() {
    this.#id = this.dataset.guest;
    const back = (event) => { if (history.state?.inside) { event.preventDefault(); history.back(); } };
    fill(this, h("header", { class: "bar" }, h("a", { href: "/rooms", class: "button bare back", "aria-label": t("back"), onclick: back }, icon("back")), this.#title), this.#page);
    fill(this.#page, h("div", { class: "skeleton", "aria-hidden": "true" }));
    this.#load();
  }

  async #load() {
    try {
      const [card, reviews] = await Promise.all([read(`/api/guests/${this.#id}`), read("/api/reviews")]);
      store.book(card.reservations);
      this.#show(card, new Set(reviews.items.filter(({ by }) => by === store.me.id).map(({ reservation }) => reservation)), reviews.items.filter(({ about }) => about === this.#id));
    } catch (error) {
      fill(this.#page, h("div", { class: "empty", role: "alert" }, h("p", {}, sentence(error)), h("button", { onclick: () => this.#load() }, t("again"))));
    }
  }

  #show(card, reviewed, said) {
    const { account, following, last_visit, reservations } = card;
    this.#title.textContent = account.display_name;
    const count = (name) => h("div", {}, h("dt", {}, t(`guest.${name}`)), h("dd", { class: "figures", "data-testid": `guest-${name}` }, String(card[name])));
    const problem = problemLine();
    const talk = async (event) => busy(event.currentTarget, problem, async () => go(`/rooms/${await store.talkTo(account.id)}`));
    fill(this.#page,
      h("header", { class: "profile" }, portrait(account), h("div", {}, h("h2", {}, account.display_name), h("p", { class: "small muted figures" }, [following && t("guest.following"), last_visit && t("guest.last", { day: dayName(nightOf(last_visit)) })].filter(Boolean).join(" · ")))),
      h("button", { "data-testid": "guest-talk", onclick: talk }, icon("talk"), t("reservation.talk")), problem, this.#memo(card),
      h("section", {}, h("h2", {}, t("guest.record")), h("dl", { class: "counts" }, ["visits", "cancellations", "late_cancellations", "no_shows"].map(count)), h("p", { class: "small muted" }, t("guest.record_what"))),
      h("section", {}, h("h2", {}, t("title.reservations")), reservations.length ? h("div", { class: "stack" }, reservations.map((r) => reservationCard(r, { reviewed: reviewed.has(r.id), changed: () => this.#load() }))) : h("p", { class: "muted" }, t("guest.no_visits"))),
      said.length > 0 && h("section", {}, h("h2", {}, t("guest.said")), h("ul", { class: "stack" }, said.map(({ comment, at }) => h("li", { class: "review" }, h("p", {}, comment ?? t("reviews.silent")), h("p", { class: "small muted" }, dayName(calendarDay(at))))))),
      h("section", { class: "row" }, h("button", { class: "quiet", "data-testid": "report", onclick: () => report({ kind: "account", account: account.id }) }, t("report.open")),
        h("button", { class: "grave quiet", "data-testid": "block", onclick: () => block(account.id) }, t("block.open"))));
  }

  #memo({ memo }) {
    const problem = problemLine();
    const draft = `memo ${this.#id}`;
    const body = h("textarea", { rows: "5", maxlength: "4000", required: true, value: draftOf(draft) || (memo?.body ?? ""), "aria-label": t("memo.title"), placeholder: t("memo.how"), "data-testid": "memo", oninput: () => keepDraft(draft, body.value) });
    const save = h("button", { class: "main", "data-testid": "memo-save" }, t("save"));
    const erase = async () => {
      const done = await askForm(t("memo.erase"), { testid: "memo-erase-yes", grave: true }, () => command({ type: "memo.erase", guest: this.#id }), h("p", {}, t("memo.erase_really")));
      if (done) this.#load();
    };
    return h("section", {}, h("h2", {}, t("memo.title")), h("form", { onsubmit: async (event) => {
      event.preventDefault();
      if (await busy(save, problem, () => command({ type: "memo.save", guest: this.#id, body: body.value.trim() }))) { keepDraft(draft, ""); tell(t("profile.saved")); }
    } }, body, h("p", { class: "small muted" }, t("memo.what")), problem, h("div", { class: "row" }, save, memo && h("button", { type: "button", class: "quiet", "data-testid": "memo-erase", onclick: erase }, t("memo.erase")))));
  }
}
customElements.define("guest-page", GuestPage);
