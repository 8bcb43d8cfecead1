// The server's clock, and time as people of the night write it.
import { language } from "./i18n.js";

let offset = 0;

/** Take the server's time for true: `at` as RFC 3339, heard just now. */
export function setClock(at) { offset = Date.parse(at) - Date.now(); }
export function now() { return Date.now() + offset; }

const locale = language === "ja" ? "ja-JP" : "en-GB";
const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", weekday: "short" });
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** The business day that an instant belongs to begins at 06:00; before that, it is 25:00. */
export function nightTime(at) {
  const date = new Date(at);
  const clock = hour.format(date);
  return date.getHours() < 6 ? `${date.getHours() + 24}${clock.slice(2)}` : clock;
}
export function nightDay(at) { return day.format(new Date(new Date(at).getTime() - 6 * 3600e3)); }
export function clockTime(at) { return hour.format(new Date(at)); }
export function dayOf(at) { return day.format(new Date(at)); }

/** `{amount, currency}` in full. */
export function money(price) {
  const digits = new Intl.NumberFormat(locale, { style: "currency", currency: price.currency }).resolvedOptions().maximumFractionDigits;
  return new Intl.NumberFormat(locale, { style: "currency", currency: price.currency }).format(price.amount / 10 ** digits);
}

/** Night notation to an instant: a date "2026-11-23" and "25:30". Null where it is none. */
export function fromNight(date, text) {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (!match || +match[1] > 30 || +match[2] > 59) return null;
  const at = new Date(`${date}T00:00`);
  at.setHours(+match[1], +match[2]);
  return at;
}

/** A date as an <input type=date> has it. */
export function isoDay(at) {
  const d = new Date(at);
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;
}

export function countdown(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const rest = `${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}
