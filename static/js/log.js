// One room's log as a reader sees it: entries in order of `seq`, edits and deletions folded into what they are about, no holes.

export class Log {
  #entries = new Map();
  #ahead = new Map(); // came after a hole; they wait until it is filled
  head = 0; // everything up to here has been taken
  more = true; // there is something older

  /** A folded page of history; `head` is the room's, for the newest page. */
  place(page, newest) {
    for (const entry of page.entries) this.#entries.set(entry.seq, entry);
    if (newest) this.head = Math.max(this.head, page.head);
    if (newest || page.entries.length === 0 || page.entries[0].seq <= this.first) this.more = page.more;
    this.#join();
  }

  /** One line of the log as written. "taken", "known" already, or "ahead" of a hole. */
  take(entry) {
    if (entry.seq <= this.head) return "known";
    if (entry.seq > this.head + 1) { this.#ahead.set(entry.seq, entry); return "ahead"; }
    this.#write(entry);
    this.#join();
    return "taken";
  }

  #join() {
    for (const seq of this.#ahead.keys()) if (seq <= this.head) this.#ahead.delete(seq);
    for (let next; (next = this.#ahead.get(this.head + 1)); ) { this.#ahead.delete(next.seq); this.#write(next); }
  }

  #write(entry) {
    this.head = entry.seq;
    const target = this.#entries.get(entry.target);
    if (entry.kind === "edit") { if (target && !target.deleted && entry.body !== undefined) this.#entries.set(target.seq, { ...target, body: entry.body, edited_at: entry.at }); }
    else if (entry.kind === "delete") { if (target) this.#entries.set(target.seq, { ...target, body: undefined, deleted: true }); }
    else this.#entries.set(entry.seq, entry);
  }

  get hole() { return this.#ahead.size > 0; }
  get first() { return Math.min(...this.#entries.keys()); }
  get(seq) { return this.#entries.get(seq); }
  get entries() { return [...this.#entries.values()].sort((a, b) => a.seq - b.seq); }

  /** For the disk: the newest `most` entries. */
  kept(most) {
    const entries = this.entries;
    return { head: this.head, more: this.more || entries.length > most, entries: entries.slice(-most) };
  }

  static of({ head, more, entries }) {
    const log = new Log();
    log.place({ entries, head, more }, true);
    return log;
  }
}
