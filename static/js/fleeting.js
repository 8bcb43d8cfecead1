// What is true for a moment and kept nowhere: who types, whose finger is on the seal. Forgotten when the server forgets it.
import { now } from "./clock.js";

const TYPING_MS = 6_000;

export class Fleeting {
  pressing = new Map(); // reservation → {since, holdMs, timer}
  #typing = new Map(); // room → timer
  #changed;

  /** `changed()` hears when a moment is over by itself. */
  constructor(changed) { this.#changed = changed; }

  isTyping(room) { return this.#typing.has(room); }

  typing({ room, until }) {
    this.stopTyping(room);
    if (!until || Date.parse(until) < now()) return;
    this.#typing.set(room, setTimeout(() => { this.stopTyping(room); this.#changed(); }, TYPING_MS));
  }

  stopTyping(room) {
    clearTimeout(this.#typing.get(room));
    this.#typing.delete(room);
  }

  /** A finger that was never lifted, because its phone went away, is lifted at `until`. */
  press({ reservation, pressed, hold_ms, until }) {
    this.lift(reservation);
    if (!pressed) return;
    const timer = setTimeout(() => { this.pressing.delete(reservation); this.#changed(); }, Math.max(hold_ms, Date.parse(until) - now() || 0));
    this.pressing.set(reservation, { since: performance.now(), holdMs: hold_ms, timer });
  }

  lift(reservation) {
    clearTimeout(this.pressing.get(reservation)?.timer);
    this.pressing.delete(reservation);
  }

  clear() {
    for (const reservation of this.pressing.keys()) this.lift(reservation);
    for (const room of this.#typing.keys()) this.stopTyping(room);
  }
}
