// Messages on their way. Each is on disk with its key before it is sent, and leaves the disk when it is known to be written:
// after a reload or out of a tunnel it goes again with the same key, and the server answers the same again. Tabs of one account share
// what is on disk; one of them at a time sends a room's, in the order in which they were written.
import { now } from "./clock.js";
import * as disk from "./disk.js";

const WAIT_MS = 10_000; // for another tab; one that hangs must not keep messages here
const LONGEST_S = 60;
const CHANNEL = "fuuro.outbox";

export class Outbox extends EventTarget {
  #socket;
  #rows = [];
  #sending = new Set();
  #again = 0; // a timer
  #refused = 0;
  #unsaved = new Set(); // keys of rows that are not on disk (yet)
  #others = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;

  constructor(socket) {
    super();
    this.#socket = socket;
    if (this.#others) this.#others.onmessage = () => this.#reread();
  }

  async load() {
    this.#rows = (await disk.all("outbox").catch(() => [])).sort((a, b) => a.at - b.at);
    this.#changed();
  }

  forget() { this.#rows = []; }

  get size() { return this.#rows.length; }

  rows(room) { return this.#rows.filter((row) => row.command.room === room); }

  /** `photo`, with its sizes, is what is shown of a picture until it is written. */
  async send(command, photo) {
    const row = { key: crypto.randomUUID(), command, photo, at: Math.max(now(), (this.#rows.at(-1)?.at ?? 0) + 1), state: "pending" };
    this.#unsaved.add(row.key);
    this.#rows.push(row);
    this.#changed();
    await this.#keep(row);
    this.#flushRoom(command.room);
  }

  /** Rooms side by side, messages of one room one after the other: their order is what was meant. */
  flush() {
    for (const row of this.#rows) if (this.#unsaved.has(row.key)) this.#keep(row);
    for (const room of new Set(this.#rows.map((row) => row.command.room))) this.#flushRoom(room);
  }

  async #flushRoom(room) {
    if (this.#sending.has(room)) return;
    this.#sending.add(room);
    try { await alone(`${CHANNEL}.${room}`, () => this.#sendAll(room)); } finally { this.#sending.delete(room); }
  }

  async #sendAll(room) {
    for (let row; (row = this.#rows.find((r) => r.command.room === room && r.state === "pending")); ) {
      if (!(await this.#isOwed(row))) { this.#forgetRow(row); continue; }
      try {
        const result = await this.#socket.ask(row.command, row.key);
        this.#refused = 0;
        this.dispatchEvent(new CustomEvent("written", { detail: { row, result } }));
        await this.#drop(row);
      } catch (error) {
        if (error.code === "offline") return; // the next opening flushes
        if (error.temporary) { this.#later(error.retry_after); return; }
        row.state = "failed";
        row.error = { code: error.code, field: error.field, message: error.message };
        await this.#keep(row);
        this.#changed();
      }
    }
  }

  /** One timer for all rooms: exponential, with jitter, no sooner than the house asked for. */
  #later(least) {
    const seconds = () => Math.max(least ?? 0, Math.min(LONGEST_S, 2 ** this.#refused++)) * (1 + Math.random() / 2);
    this.#again ||= setTimeout(() => { this.#again = 0; this.flush(); }, 1000 * seconds());
  }

  /** Another tab may have sent it meanwhile. */
  async #isOwed({ key }) { return this.#unsaved.has(key) || Boolean(await disk.get("outbox", key).catch(() => true)); }

  /** The stream shows an entry of ours: it is written, whether or not we heard the answer. */
  seen(key) {
    const row = this.#rows.find((r) => r.key === key);
    if (row) this.#drop(row);
  }

  async again(key) {
    const row = this.#rows.find((r) => r.key === key);
    if (!row) return;
    row.state = "pending";
    await this.#keep(row);
    this.#changed();
    this.#flushRoom(row.command.room);
  }

  discard(key) { this.seen(key); }

  async #keep(row) {
    try {
      await disk.put("outbox", row);
      this.#unsaved.delete(row.key);
      this.#others?.postMessage("kept");
    } catch { /* a full disk: it goes from memory, which is better than not at all */ }
  }

  #forgetRow(row) {
    this.#rows = this.#rows.filter((r) => r !== row);
    this.#unsaved.delete(row.key);
    this.#changed();
  }

  async #drop(row) {
    this.#forgetRow(row);
    await disk.remove("outbox", row.key);
    this.#others?.postMessage("dropped");
  }

  /** What another tab wrote or sent: its rows are ours too, and go from here if that tab is gone. */
  async #reread() {
    try {
      const kept = await disk.all("outbox");
      this.#rows = [...kept, ...this.#rows.filter(({ key }) => this.#unsaved.has(key) && !kept.some((row) => row.key === key))].sort((a, b) => a.at - b.at);
      this.#changed();
      if (this.#socket.state === "open") this.flush();
    } catch { /* ours still go from here */ }
  }

  #changed() { this.dispatchEvent(new Event("change")); }
}

/** Runs `work` while no other tab does the same; after a while regardless, since the same key twice is written once. */
async function alone(name, work) {
  if (!navigator.locks) return work();
  let begun = false;
  const run = () => { begun = true; return work(); };
  try { return await navigator.locks.request(name, { signal: AbortSignal.timeout(WAIT_MS) }, run); } catch (error) {
    if (begun) throw error;
    return work();
  }
}
