// A cast's nights, each a line from 17:00 to 30:00: a finger draws a shift or pulls its ends, arrow keys do the same, bookings stand in it.
import { addDays, dayName, instantOf, nightOf, nightTime, now, shortDay, weekday } from "../clock.js";
import { fill, h, say } from "../dom.js";
import { t } from "../i18n.js";
import { nightLabel } from "../night.js";
import { store } from "../session.js";

const NIGHTS = 14;
const FROM = 17 * 60; // minutes of the business day, where a line begins
const TO = 30 * 60;
const STEP = 30;
const MINUTE = 60_000;
const TAP_PX = 8; // less is a tap, not a drawing

const clamp = (minutes) => Math.min(TO, Math.max(FROM, minutes));
const share = (minutes) => ((clamp(minutes) - FROM) / (TO - FROM)).toFixed(4);
const snapped = (minutes) => Math.round(minutes / STEP) * STEP;
const minutesOf = (at, night) => (Date.parse(at) - instantOf(night, 0)) / MINUTE;
const short = (minutes) => nightLabel(minutes).replace(":00", ""); // a line on a phone has room for no more

class NightCalendar extends HTMLElement {
  /** `change(shift | null, {starts_at, ends_at} | null)` moves, adds or removes a shift; `edit(night, shift | null, from)` asks for one. Set before it is shown. */
  change;
  edit;
  #shifts = [];
  #rows = h("ol", { class: "nights-rows" });

  connectedCallback() {
    const hours = h("div", { class: "hours", "aria-hidden": "true" }, h("span"), h("div", {}, [18, 20, 22, 24, 26, 28].map((hour) => place(h("span", {}, String(hour)), hour * 60))));
    fill(this, hours, this.#rows);
    store.addEventListener("change", this.#render);
    this.#render();
  }

  disconnectedCallback() { store.removeEventListener("change", this.#render); }

  show(shifts) {
    this.#shifts = shifts;
    this.#render();
  }

  #render = () => {
    if (!store.me || this.querySelector(".drawing")) return;
    const booked = [...store.reservations.values()].filter((r) => ["confirmed", "arrived"].includes(r.status) || (r.status === "draft" && Date.parse(r.expires_at) > now()));
    const tonight = nightOf(now());
    const said = JSON.stringify([this.#shifts, booked.map((r) => [r.id, r.version]), tonight]);
    if (said === this.dataset.said) return;
    this.dataset.said = said;
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    fill(this.#rows, Array.from({ length: NIGHTS }, (_, i) => this.#row(addDays(tonight, i), i === 0, booked)));
    if (focused) this.querySelector(`[data-key="${focused}"]`)?.focus();
  };

  #row(night, isTonight, booked) {
    const own = this.#shifts.filter((shift) => nightOf(shift.starts_at) === night);
    const track = h("div", { class: "track", "data-testid": "track", "data-night": night, onpointerdown: (event) => this.#draw(event, night, track) });
    fill(track, own.map((shift, i) => this.#bar(shift, night, i, track)), booked.filter((r) => nightOf(r.starts_at) === night).map((r) => stretch(h("a", { class: "booked", href: `/rooms/${r.room}`, "data-status": r.status, "aria-label": `${nightTime(r.starts_at)}–${nightTime(r.ends_at, night)} ${r.guest.display_name}`, title: r.guest.display_name }), minutesOf(r.starts_at, night), minutesOf(r.ends_at, night))));
    return h("li", {}, h("button", { type: "button", class: "night-name", "data-key": night, "aria-label": t("calendar.add", { day: dayName(night) }), onclick: () => this.edit(night, null, 20 * 60) }, h("small", {}, isTonight ? t("invite.tonight") : weekday(night)), h("span", { class: "figures" }, shortDay(night))), track);
  }

  #bar(shift, night, i, track) {
    const [from, to] = [minutesOf(shift.starts_at, night), minutesOf(shift.ends_at, night)];
    const words = `${nightLabel(from)}–${nightLabel(to)}`;
    const bar = h("button", { type: "button", class: "shift", "data-testid": "shift", "data-key": `${night} ${i}`, "data-from": nightLabel(from), "data-to": nightLabel(to), "aria-label": t("calendar.shift", { day: dayName(night), span: words }),
      onkeydown: (event) => this.#key(event, shift, night, from, to), onclick: () => { if (!bar.dataset.pulled) this.edit(night, shift, from); } },
    h("span", { class: "end", "data-end": "from" }), h("span", { class: "figures" }, `${short(from)}–${short(to)}`), h("span", { class: "end", "data-end": "to" }));
    bar.addEventListener("pointerdown", (event) => { event.stopPropagation(); const { end } = event.target.dataset; if (end) this.#pull(event, bar, track, shift, night, end === "from" ? to : from); });
    return stretch(bar, from, to);
  }

  /** Where on the line the finger is, in minutes of the night. */
  #at(event, track) {
    const box = track.getBoundingClientRect();
    return FROM + ((event.clientX - box.left) / box.width) * (TO - FROM);
  }

  #draw(event, night, track) {
    if (event.button || event.target !== track) return;
    const start = clamp(Math.floor(this.#at(event, track) / STEP) * STEP);
    const bar = h("div", { class: "shift drawing figures" });
    this.#follow(event, track, bar, start, (span, moved) => {
      bar.remove();
      if (moved) this.change(null, instants(night, span));
      else this.edit(night, null, start);
    });
  }

  #pull(event, bar, track, shift, night, fixed) {
    bar.dataset.pulled = "true";
    const ghost = h("div", { class: "shift drawing figures" });
    this.#follow(event, track, ghost, fixed, (span, moved) => {
      ghost.remove();
      setTimeout(() => delete bar.dataset.pulled); // after the click that a lifted finger makes
      if (moved) this.change(shift, instants(night, span));
      else this.edit(night, shift, minutesOf(shift.starts_at, night));
    });
  }

  /** A bar from `fixed` to the finger until it is lifted; `done([from, to], whether it moved)`. Given up, nothing happens. */
  #follow(event, track, bar, fixed, done) {
    const x = event.clientX;
    let span = [fixed, fixed + STEP];
    const show = () => { stretch(bar, ...span); bar.textContent = `${nightLabel(span[0])}–${nightLabel(span[1])}`; };
    const move = (next) => {
      if (Math.abs(next.clientX - x) < TAP_PX && !bar.isConnected) return;
      const at = clamp(snapped(this.#at(next, track)));
      span = at > fixed ? [fixed, at] : [Math.min(at, fixed - STEP), fixed];
      if (!bar.isConnected) track.append(bar);
      show();
    };
    const end = (next) => {
      for (const [name, handler] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) track.removeEventListener(name, handler);
      const moved = bar.isConnected;
      if (next.type === "pointercancel") { bar.remove(); this.#render(); } else done(span, moved);
    };
    track.setPointerCapture(event.pointerId);
    for (const [name, handler] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) track.addEventListener(name, handler);
  }

  #key(event, shift, night, from, to) {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); this.change(shift, null); return; }
    if (!step) return;
    event.preventDefault();
    const span = event.shiftKey ? [from + step, to] : [from, to + step];
    if (span[1] - span[0] < STEP || span[0] < 6 * 60 || span[1] > TO) return;
    say(`${nightLabel(span[0])}–${nightLabel(span[1])}`);
    this.change(shift, instants(night, span));
  }
}

const instants = (night, [from, to]) => ({ starts_at: instantOf(night, from).toISOString(), ends_at: instantOf(night, to).toISOString() });
function place(node, minutes) { node.style.setProperty("--from", share(minutes)); return node; }
function stretch(node, from, to) { place(node, from).style.setProperty("--to", share(to)); return node; }
customElements.define("night-calendar", NightCalendar);
