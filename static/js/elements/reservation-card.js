// A reservation in a list: when, with whom, what, for how much, how it stands, and what can be done.
import { dayName, money, nightOf, nightSpan } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";
import { portrait } from "./face.js";
import { actsOf } from "./reservation-acts.js";

const GOOD = new Set(["confirmed", "arrived"]);
const IN_A_LIST = { draft: "seal.waiting", completed: "booking.completed" };

/** `note` is one more line under the name. */
export function reservationCard(reservation, { note = null, ...more } = {}) {
  const { id, status, cast, guest, plan, starts_at, ends_at, room, ended } = reservation;
  const other = store.me.role === "guest" ? cast : guest;
  const page = store.me.role === "guest" ? `/casts/${cast.id}` : `/guests/${guest.id}`;
  const acts = actsOf(reservation, more).filter(Boolean);
  return h("article", { class: "card booking", "data-testid": "reservation", "data-reservation": id, "data-status": status },
    h("header", {}, h("a", { href: page, class: "who" }, portrait(other, "small"), h("span", {}, h("strong", {}, other.display_name), h("span", { class: `small ${GOOD.has(status) ? "gold" : "muted"}` }, note ?? t(IN_A_LIST[status] ?? `status.${status}`)))),
      h("p", { class: "when figures" }, h("span", { class: "small muted" }, dayName(nightOf(starts_at))), h("span", { class: "hours" }, nightSpan(starts_at, ends_at)))),
    h("p", { class: "small muted figures" }, `${plan.name} · ${money(plan.price)}`, ended?.reason && ` · ${t("letter.reason", { reason: ended.reason })}`),
    h("div", { class: "row" }, acts, h("a", { class: "button quiet", href: `/rooms/${room}` }, t("reservation.talk"))));
}
