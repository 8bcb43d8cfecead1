// The server's clock, and time as people of the night write it: a business day lasts from 06:00 to 30:00 in the house's zone.
import { language } from "./i18n.js";

const ZONE = "fuuro.zone";
export const DAWN = 6;
const MINUTE = 60_000;

const locale = language === "ja" ? "ja-JP" : "en-GB";
let offset = 0;
let timeZone = localStorage.getItem(ZONE) ?? "Asia/Tokyo"; // the house's, as it said last: 21:00 must mean the same wherever the phone is
let formats = formatsOf(timeZone);

function formatsOf(timeZone) {
  const format = (options, by = locale) => new Intl.DateTimeFormat(by, { timeZone, ...options });
  return {
    day: format({ month: "long", day: "numeric", weekday: "short" }),
    short: format({ month: "numeric", day: "numeric" }),
    weekday: format({ weekday: "short" }),
    clock: format({ hour: "2-digit", minute: "2-digit" }, "en-GB"),
    parts: format({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, "en-CA"),
  };
}

/** Takes the server's time for true: `at` as RFC 3339, heard just now; and the house's zone, where it was said. */
export function setClock(at, zone = timeZone) {
  offset = Date.parse(at) - Date.now();
  if (zone === timeZone) return;
  formats = formatsOf(zone);
  localStorage.setItem(ZONE, timeZone = zone);
}
export const now = () => Date.now() + offset;

function wall(at) {
  const p = Object.fromEntries(formats.parts.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  return { day: `${p.year}-${p.month}-${p.day}`, hour: Number(p.hour), minute: p.minute };
}

/** The instant at which clocks in the house's zone stand `minutes` after midnight of `day` ("2026-11-23"). */
export function instantOf(day, minutes) {
  const asUtc = Date.parse(`${day}T00:00Z`) + minutes * MINUTE;
  const shown = (at) => { const w = wall(at); return Date.parse(`${w.day}T${String(w.hour).padStart(2, "0")}:${w.minute}Z`); };
  const first = asUtc - (shown(asUtc) - asUtc);
  return new Date(first - (shown(first) - asUtc));
}

/** The business day of an instant, as an <input type=date> has it. */
export const nightOf = (at) => wall(new Date(at).getTime() - DAWN * 60 * MINUTE).day;
export const calendarDay = (at) => wall(at).day;
export function addDays(day, count) { return new Date(Date.parse(`${day}T00:00Z`) + count * 1440 * MINUTE).toISOString().slice(0, 10); }

/** "25:30" for half past one, counted from `night`, by default its own business day. */
export function nightTime(at, night = nightOf(at)) {
  const w = wall(at);
  return `${String(w.hour + (w.day > night ? 24 : 0)).padStart(2, "0")}:${w.minute}`;
}

/** "21:00 – 25:30". */
export const nightSpan = (from, to) => `${nightTime(from)} – ${nightTime(to, nightOf(from))}`;
/** What 25:00 is on a clock, for those who don't work at night; null before midnight. */
export function plainTime(at) { return wall(at).hour < DAWN ? formats.clock.format(new Date(at)).replace(/^0/, "") : null; }

const noon = (day) => instantOf(day, 720);
export const dayName = (day) => formats.day.format(noon(day));
export const shortDay = (day) => formats.short.format(noon(day));
export const weekday = (day) => formats.weekday.format(noon(day));
export const clockTime = (at) => formats.clock.format(new Date(at));

/** `{amount, currency}` in full. */
export function money({ amount, currency }) {
  const shown = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return shown.format(amount / 10 ** shown.resolvedOptions().maximumFractionDigits);
}

/** Milliseconds as "59:03" or "1:02:09". */
export function countdown(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const rest = [Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, "0")).join(":");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}
