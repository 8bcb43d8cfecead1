// What can be done about a reservation, by whom and when: the same buttons wherever one is shown.
import { sentence } from "../api.js";
import { nightTime, now } from "../clock.js";
import { ask, h, tell } from "../dom.js";
import { askForm } from "../forms.js";
import { t } from "../i18n.js";
import { outbox, store } from "../session.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ARRIVAL_MS = HOUR; // before the start
const MISSING_MS = 15 * MINUTE; // after the start
const NO_SHOW_MS = 48 * HOUR; // after the end
const CORRECTION_MS = 30 * MINUTE;
const DISPUTE_MS = 7 * 24 * HOUR;
const LATE_MINUTES = [10, 20, 30];

/** The buttons for `reservation`; `reviewed` says that one has reviewed it already, `changed()` hears of what was done. */
export function actsOf(reservation, { reviewed = true, changed = () => {} } = {}) {
  const begins = Date.parse(reservation.starts_at) - now();
  const ended = now() - Date.parse(reservation.ends_at);
  const marked = reservation.ended ? now() - Date.parse(reservation.ended.at) : 0;
  const guest = store.me.role === "guest";
  const { status } = reservation;
  const cancel = status === "confirmed" && begins > 0 && act("cancel", "quiet", async () => (await import("./letter-dialogs.js")).confirmCancel(reservation, (command, key) => store.give(command, key)));
  const review = status === "completed" && !reviewed && act("review", "", async () => (await import("./review-dialog.js")).askReview(reservation, changed));
  if (guest) {
    return [status === "draft" && h("a", { class: "button main", href: `/rooms/${reservation.room}` }, t("reservation.answer")), review,
      status === "confirmed" && begins < 3 * HOUR && ended < 0 && act("late", "", () => late(reservation)),
      status === "no_show" && marked < DISPUTE_MS && act("dispute", "", async () => (await import("./review-dialog.js")).askDispute(reservation)), cancel];
  }
  const mark = (name, look) => act(name, look, () => give(reservation, name, changed));
  return [status === "draft" && act("withdraw", "quiet", () => give(reservation, "withdraw", changed)),
    status === "confirmed" && begins < ARRIVAL_MS && ended < NO_SHOW_MS && act("arrive", "main", () => arrive(reservation, changed)),
    status === "arrived" && mark("complete", "main"), status === "no_show" && marked < CORRECTION_MS && mark("arrive", ""),
    ((status === "confirmed" && -begins > MISSING_MS && ended < NO_SHOW_MS) || (status === "arrived" && marked < CORRECTION_MS && -begins > MISSING_MS)) && mark("no_show", "grave"),
    status === "confirmed" && begins > 0 && act("move", "quiet", async () => (await import("./invitation-composer.js")).move(reservation)), review, cancel];
}

function act(name, look, work) {
  const button = h("button", { type: "button", class: look, "data-testid": `act-${name}`, onclick: async () => {
    button.disabled = true;
    try { await work(); } catch (error) { tell(sentence(error)); } finally { button.disabled = false; }
  } }, t(`act.${name}`));
  return button;
}

/** One tap; before the start, where there is no way back from it, it is asked once more. */
async function arrive(reservation, changed) {
  const early = Date.parse(reservation.starts_at) > now();
  if (early) await askForm(t("act.arrive"), { testid: "arrive-yes" }, () => give(reservation, "arrive", changed), h("p", {}, t("act.arrive_early", { at: nightTime(reservation.starts_at), name: reservation.guest.display_name })));
  else await give(reservation, "arrive", changed);
}

/** One tap, and the way back beside what is said of it, as long as there is one. */
async function give(reservation, name, changed) {
  await store.give({ type: name === "withdraw" ? "invitation.withdraw" : `reservation.${name}`, reservation: reservation.id });
  const back = { arrive: "no_show", no_show: "arrive" }[name];
  const possible = back === "arrive" || (back === "no_show" && now() - Date.parse(reservation.starts_at) > MISSING_MS);
  tell(t(`act.${name}_done`, { name: reservation.guest.display_name }), possible ? { label: t(`act.${back}`), act: () => give(reservation, back, changed).catch((error) => tell(sentence(error))) } : null);
  changed();
}

/** Says in the conversation how late one will be: a message like any other, so it goes out once, also from a tunnel. */
async function late({ room }) {
  const minutes = await ask(t("act.late"), (close) => h("div", { class: "stack" }, h("h2", {}, t("late.how")),
    h("div", { class: "acts" }, LATE_MINUTES.map((n) => h("button", { "data-testid": `late-${n}`, onclick: () => close(n) }, t("invite.minutes", { n }))), h("button", { class: "quiet", onclick: () => close() }, t("cancel")))));
  if (!minutes) return;
  await outbox.send({ type: "message.send", room, body: t("late.words", { n: minutes }) });
  tell(t("late.done"));
}
