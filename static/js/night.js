// Times of a night as people type them: "25:30", "1:30" (the same).
import { DAWN, instantOf } from "./clock.js";

/** Minutes of a night, 360 (06:00) to 1800 (30:00), of a time as people type it: "25:30", "1:30" (the same), "２１００". Null where it is none.
 * `ends`: it ends something, so 6:00 is the end of the night. */
export function nightMinutes(text, ends = false) {
  const match = /^(\d{1,2}):?(\d{2})$/.exec(text.trim().normalize("NFKC"));
  if (!match || Number(match[2]) > 59) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  if (minutes < DAWN * 60 || (ends && minutes === DAWN * 60)) return minutes + 1440;
  return minutes <= (24 + DAWN) * 60 ? minutes : null;
}

/** Minutes of a night as the night writes them: "25:30". */
export const nightLabel = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** A typed time of the night of `day` ("2026-11-23") as an instant; null where it is none. */
export function fromNight(day, text, ends = false) {
  const minutes = nightMinutes(text, ends);
  return day && minutes !== null ? instantOf(day, minutes) : null;
}

/** Two typed times of one night as instants; null where one is none, or the second not later. */
export function spanOfNight(day, from, to) {
  const [begin, end] = [fromNight(day, from), fromNight(day, to, true)];
  return begin && end && begin < end ? { begin, end } : null;
}
