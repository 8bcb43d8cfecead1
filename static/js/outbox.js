// Messages on their way. Each is on disk with its key before it is sent, and leaves the disk when it is known to be written:
// after a reload or out of a tunnel it goes again with the same key, and the server answers the same again.
import * as disk from "./disk.js";

export class Outbox extends EventTarget {
  #socket;
  #rows = [];
  #sending = new Set();

  constructor(socket) { super(); this.#socket = socket; }

  async load() {
    this.#rows = (await disk.all("outbox")).sort((a, b) => a.at - b.at);
    this.#changed();
  }

  forget() { this.#rows = []; }

  rows(room) { return this.#rows.filter((row) => row.command.room === room); }

  /** `photo`, with its sizes, is what is shown of a picture until it is written. */
  async send(command, photo) {
    const row = { key: crypto.randomUUID(), command, photo, at: Math.max(Date.now(), (this.#rows.at(-1)?.at ?? 0) + 1), state: "pending" };
    this.#rows.push(row);
    this.#changed();
    await this.#keep(row);
    this.flush();
  }

  /** Rooms side by side, messages of one room one after the other: their order is what was meant. */
  flush() {
    for (const room of new Set(this.#rows.map((row) => row.command.room))) this.#flushRoom(room);
  }

  async #flushRoom(room) {
    if (this.#sending.has(room)) return;
    this.#sending.add(room);
    try {
      for (let row; (row = this.#rows.find((r) => r.command.room === room && r.state === "pending")); ) {
        try {
          const result = await this.#socket.ask(row.command, row.key);
          this.dispatchEvent(new CustomEvent("written", { detail: { row, result } }));
          await this.#drop(row);
        } catch (error) {
          if (error.code === "offline") return; // the next opening flushes
          if (error.temporary) { setTimeout(() => this.flush(), 1000 * (error.retry_after || 1)); return; }
          row.state = "failed";
          row.error = { code: error.code, field: error.field, message: error.message };
          await this.#keep(row);
          this.#changed();
        }
      }
    } finally { this.#sending.delete(room); }
  }

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
    this.flush();
  }

  discard(key) { this.seen(key); }

  async #keep(row) { try { await disk.put("outbox", row); } catch { /* a full disk: it goes from memory, which is better than not at all */ } }

  async #drop(row) {
    this.#rows = this.#rows.filter((r) => r !== row);
    this.#changed();
    await disk.remove("outbox", row.key);
  }

  #changed() { this.dispatchEvent(new Event("change")); }
}
