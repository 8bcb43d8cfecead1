// An invitation in three taps: plan, time, send. Shows what is free, and what is held or promised already.
import { read, sentence } from "../api.js";
import { addDays, dayName, money, nightOf, nightSpan, nightTime, now, shortDay, weekday } from "../clock.js";
import { fill, h, icon, leaveWithPage } from "../dom.js";
import { busy, nightInput, problemLine } from "../forms.js";
import { t } from "../i18n.js";
import { fromNight } from "../night.js";
import { store } from "../session.js";

const NIGHTS = 14;
const STEP_MS = 30 * 60_000; // starts are offered on the half hour; any other minute can be typed
const VALID_MINUTES = [15, 30, 60, 180, 720];
const VALID_DEFAULT = 30;
const LIVE = "draft,confirmed,arrived";

class InvitationComposer extends HTMLElement {
  #dialog = h("dialog", { "aria-label": t("invite.title") });
  #key = crypto.randomUUID();
  #night = null;
  #slots = [];
  #shifts = [];
  #taken = [];
  #nights = h("div", { class: "nights", role: "group", "aria-label": t("letter.day") });
  #starts = h("div", { class: "slots", role: "group", "aria-label": t("invite.time") });
  #plan = h("select", { "data-testid": "plan", onchange: () => this.#load() });
  #time = nightInput("", "invite-time", { required: true, oninput: () => this.#mark() });
  #valid = h("select", { "data-testid": "invite-valid" });
  #sum = h("p", { class: "figures", role: "status" });
  #problem = problemLine();
  #send = h("button", { class: "main", "data-testid": "invite-send" }, t("invite.send"));
  #plans = [];
  #replaces = null;

  /** `plan` (id) and `at` (its time) are filled in where they are known; `replaces` is the reservation that this one is to move. */
  async open({ plan: wished = null, at = null, replaces = null } = {}) {
    this.#replaces = replaces;
    fill(this, this.#dialog);
    this.#dialog.addEventListener("close", () => this.remove());
    this.#dialog.addEventListener("click", (event) => { if (event.target === this.#dialog) this.#close(); });
    this.#frame(h("p", { class: "muted" }, t("loading")));
    leaveWithPage(this.#dialog);
    this.#dialog.showModal();
    try {
      this.#plans = (await read("/api/plans")).items.filter((plan) => !plan.archived);
      if (!this.#plans.length) { this.#frame(h("p", {}, t("invite.no_plans")), this.#desk("/plans", t("invite.to_plans"))); return; }
      fill(this.#plan, this.#plans.map((p) => h("option", { value: p.id }, `${p.name} ${money(p.price)}`)));
      if (this.#plans.some(({ id }) => id === wished)) this.#plan.value = wished;
      if (at && Date.parse(at) > now()) [this.#night, this.#time.value] = [nightOf(at), nightTime(at)];
      fill(this.#valid, VALID_MINUTES.map((n) => h("option", { value: n * 60, selected: n === VALID_DEFAULT }, n < 60 ? t("invite.minutes", { n }) : t("invite.hours", { n: n / 60 }))));
      await this.#load();
    } catch (error) { this.#frame(h("p", { class: "error", role: "alert" }, sentence(error))); }
  }

  #close() { this.#dialog.close(); }
  #desk(href, label) { return h("a", { class: "button", href, onclick: () => this.#close() }, label); }

  #frame(...content) {
    fill(this.#dialog, h("div", { class: "stack" }, h("h2", {}, t("invite.title")), h("button", { class: "bare close", "aria-label": t("cancel"), onclick: () => this.#close() }, icon("close")), content));
  }

  async #load() {
    const from = new Date(now()).toISOString();
    const to = new Date(now() + NIGHTS * 86_400e3).toISOString();
    const [free, schedule, taken] = await Promise.all([read(`/api/casts/${store.me.id}/availability?plan=${this.#plan.value}&from=${from}&to=${to}`), read("/api/schedule"), read(`/api/reservations?status=${LIVE}`)]);
    this.#slots = free.slots;
    this.#shifts = schedule.shifts.filter((shift) => Date.parse(shift.ends_at) > now());
    this.#taken = taken.items.filter((r) => r.status !== "draft" || Date.parse(r.expires_at) > now());
    if (!this.#shifts.length) { this.#frame(h("p", {}, t("invite.nothing_free")), this.#desk("/schedule", t("invite.to_shifts"))); return; }
    if (!this.#dialog.contains(this.#starts)) this.#form();
    this.#choose(this.#night ?? nightOf((this.#slots[0] ?? { from: this.#shifts[0].starts_at }).from));
  }

  #form() {
    const { starts_at: from, ends_at: to } = this.#replaces ?? {};
    this.#frame(h("form", { onsubmit: (event) => { event.preventDefault(); this.#submit(); } },
      this.#replaces && h("p", { class: "small" }, t("invite.moves", { when: `${dayName(nightOf(from))} ${nightSpan(from, to)}` })),
      h("label", {}, h("span", {}, t("letter.plan")), this.#plan),
      h("div", { class: "field" }, h("span", {}, t("letter.day")), this.#nights),
      h("div", { class: "field" }, h("span", {}, t("invite.time")), this.#starts),
      h("div", { class: "pair" }, h("label", {}, h("span", {}, t("invite.start")), this.#time), h("label", {}, h("span", {}, t("invite.valid")), this.#valid)),
      this.#sum, this.#problem, this.#send));
  }

  #choose(night) {
    this.#night = night;
    const working = new Set(this.#shifts.map((shift) => nightOf(shift.starts_at)));
    const tonight = nightOf(now());
    fill(this.#nights, Array.from({ length: NIGHTS }, (_, i) => addDays(tonight, i)).map((day) =>
      h("button", { type: "button", class: working.has(day) ? null : "none", "aria-pressed": String(day === night), "aria-label": dayName(day), onclick: () => { this.#time.value = ""; this.#choose(day); } },
        h("small", {}, day === tonight ? t("invite.tonight") : weekday(day)), h("span", { class: "figures" }, shortDay(day)))));
    this.#nights.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
    const starts = this.#startsOf(night);
    fill(this.#starts, starts.length ? starts : h("p", { class: "muted small" }, t("invite.no_shift")));
    this.#mark();
  }

  /** Every half hour of the night's shifts: free ones to choose, the others with the reason why not. */
  #startsOf(night) {
    const found = [];
    for (const shift of this.#shifts.filter((s) => nightOf(s.starts_at) === night)) {
      for (let at = Math.ceil(Date.parse(shift.starts_at) / STEP_MS) * STEP_MS; at < Date.parse(shift.ends_at); at += STEP_MS) {
        const label = nightTime(at, night);
        const within = (r) => Date.parse(r.starts_at) <= at && at < Date.parse(r.ends_at);
        const taken = this.#taken.find(within);
        if (this.#slots.some((s) => Date.parse(s.from) <= at && at <= Date.parse(s.to))) found.push(h("button", { type: "button", "data-testid": "slot", "data-time": label, onclick: () => { this.#time.value = label; this.#mark(); } }, label));
        else if (taken) found.push(h("span", { class: "taken", title: taken.guest.display_name }, label, h("small", {}, t(taken.status === "draft" ? "invite.held" : "invite.promised"))));
      }
    }
    return found;
  }

  #mark() {
    for (const button of this.#starts.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.time === this.#time.value));
    const at = fromNight(this.#night, this.#time.value);
    const plan = this.#plans.find((p) => p.id === this.#plan.value);
    this.#sum.textContent = at ? t("invite.sum", { when: `${dayName(nightOf(at))} ${nightSpan(at, new Date(at.getTime() + plan.minutes * 60_000))}`, price: money(plan.price) }) : "";
    this.#send.disabled = !at;
  }

  async #submit() {
    const command = { type: "invitation.send", room: this.dataset.room, plan: this.#plan.value, starts_at: fromNight(this.#night, this.#time.value).toISOString(), valid_s: Number(this.#valid.value), ...(this.#replaces ? { replaces: this.#replaces.id } : {}) };
    const done = await busy(this.#send, this.#problem, async () => {
      try { await store.give(command, this.#key); } catch (error) {
        if (error.code === "slot_taken") this.#load().catch(() => {});
        throw error.code === "wrong_state" && error.field === "room" ? { message: "invite.absent" } : error;
      }
    });
    if (done) this.#close();
  }
}
customElements.define("invitation-composer", InvitationComposer);

/** Asks for an invitation in `room`; `known` as `open` takes it. */
export function invite(room, known) {
  const composer = h("invitation-composer", { "data-room": room });
  document.body.append(composer);
  composer.open(known);
}

/** Asks for another time for a confirmed reservation, which stands until the guest has pledged to it. */
export const move = (reservation) => invite(reservation.room, { plan: reservation.plan.id, at: reservation.starts_at, replaces: reservation });
