// What this client knows: rooms, their logs in order without holes, reservations as they are now. Elements listen to "change".
import { setClock } from "./clock.js";
import * as disk from "./disk.js";

const KEPT_ENTRIES = 200; // a room, on disk
const PAGE = 200;

export class Store extends EventTarget {
  #socket;
  #outbox;
  #epoch = null;
  #filling = new Set();
  #saving = 0;
  me = null;
  settings = {};
  rooms = new Map();
  logs = new Map(); // room → {entries: Map(seq → entry), head: last seq without a hole, first: oldest seq known}
  pressing = new Map(); // reservation → {holdMs, since} while a guest's finger is down
  typing = new Map();

  constructor(socket, outbox) {
    super();
    this.#socket = socket;
    this.#outbox = outbox;
    socket.addEventListener("opened", ({ detail }) => this.#opened(detail));
    socket.addEventListener("event", ({ detail }) => this.#event(detail));
    outbox.addEventListener("written", ({ detail }) => this.#written(detail));
  }

  /** The last known state of this account from disk: what can be shown without a connection. */
  async load(account) {
    this.me = account;
    const kept = await disk.get("kept", "state");
    if (!kept) return;
    this.#epoch = kept.epoch;
    this.rooms = new Map(kept.rooms.map((card) => [card.room, card]));
    for (const [room, entries] of kept.logs) for (const entry of entries) this.#place(room, entry);
    for (const log of this.logs.values()) log.head = Math.max(...log.entries.keys());
    this.#changed();
  }

  cursors() {
    const known = [...this.logs].filter(([room]) => this.rooms.has(room)).slice(-500);
    return { ...(this.#epoch ? { epoch: this.#epoch } : {}), rooms: Object.fromEntries(known.map(([room, log]) => [room, log.head])) };
  }

  async #opened(opened) {
    setClock(opened.server_time);
    this.me = opened.account;
    this.settings = opened.settings;
    this.#epoch = opened.epoch;
    this.rooms = new Map(opened.rooms.map((card) => [card.room, card]));
    for (const [room, missed] of Object.entries(opened.missed)) this.#missed(room, missed);
    this.#changed();
    this.#outbox.flush();
  }

  #missed(room, missed) {
    if (missed.reset) { this.logs.delete(room); return; }
    for (const entry of missed.entries) this.#take(room, entry);
    if (missed.more) this.#fill(room);
  }

  #event(event) {
    if (event.type === "room.entry") this.#take(event.entry.room, event.entry, true);
    else if (event.type === "room.opened") this.rooms.set(event.card.room, event.card);
    else if (event.type === "room.read") this.#read(event);
    else if (event.type === "room.typing") this.#typing(event);
    else if (event.type === "reservation.changed") this.#reservation(event.reservation);
    else if (event.type === "reservation.pressing") {
      if (event.pressed) this.pressing.set(event.reservation, { holdMs: event.hold_ms, since: performance.now() });
      else this.pressing.delete(event.reservation);
    } else this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
    this.#changed();
  }

  /** A room's log is taken in order; what comes after a hole waits until the hole is filled. */
  #take(room, entry, live = false) {
    const log = this.logs.get(room);
    const head = log?.head ?? this.rooms.get(room)?.head ?? 0;
    if (log && entry.seq > log.head + 1) { this.#fill(room); return; }
    if (log || entry.seq === head + 1 || entry.seq === 1) {
      if (log && entry.seq <= log.head) return;
      this.#place(room, entry);
      this.logs.get(room).head = entry.seq;
    }
    if (entry.key) this.#outbox.seen(entry.key);
    if (entry.reservation) this.#reservation(entry.reservation);
    if (entry.by) this.typing.delete(`${room} ${entry.by}`);
    const card = this.rooms.get(room);
    if (card && live) {
      card.head = Math.max(card.head, entry.seq);
      const counts = ["text", "photo", "request", "invitation", "seal"].includes(entry.kind);
      if (entry.kind !== "edit" && entry.kind !== "delete") card.last = entry;
      if (counts && entry.by !== this.me.id && entry.seq > card.read) card.unread += 1;
      this.dispatchEvent(new CustomEvent("heard", { detail: entry }));
    }
  }

  #place(room, entry) {
    let log = this.logs.get(room);
    if (!log) this.logs.set(room, (log = { entries: new Map(), head: 0, first: Infinity }));
    log.first = Math.min(log.first, entry.seq);
    const target = entry.target && log.entries.get(entry.target);
    if (entry.kind === "edit" && target) log.entries.set(entry.target, { ...target, body: entry.body, edited_at: entry.at });
    else if (entry.kind === "delete" && target) { const { body, ...rest } = target; log.entries.set(entry.target, { ...rest, deleted: true }); }
    log.entries.set(entry.seq, entry);
  }

  async #fill(room) {
    if (this.#filling.has(room)) return;
    this.#filling.add(room);
    try {
      for (let more = true; more; ) {
        const page = await this.#socket.ask({ type: "room.since", room, after: this.logs.get(room)?.head ?? 0, limit: PAGE });
        if (page.reset) { this.logs.delete(room); await this.open(room); return; }
        for (const entry of page.entries) this.#take(room, entry);
        more = page.more;
      }
    } catch { /* the next opening brings it */ } finally {
      this.#filling.delete(room);
      this.#changed();
    }
  }

  /** The newest page, or the one before what is known. */
  async open(room, older = false) {
    const log = this.logs.get(room);
    if (log && !older) return false;
    const page = await this.#socket.ask({ type: "room.history", room, limit: 50, ...(older ? { before: log.first } : {}) });
    for (const entry of page.entries) this.#place(room, entry);
    const placed = this.logs.get(room) ?? this.logs.set(room, { entries: new Map(), head: 0, first: 1 }).get(room);
    if (!older) placed.head = Math.max(placed.head, page.head);
    placed.first = page.more ? placed.first : 1;
    this.#changed();
    return page.more;
  }

  entries(room) { return [...(this.logs.get(room)?.entries.values() ?? [])].sort((a, b) => a.seq - b.seq); }

  async read(room) {
    const card = this.rooms.get(room);
    const seq = this.logs.get(room)?.head ?? 0;
    if (!card || seq <= card.read || document.hidden) return;
    card.read = seq;
    card.unread = 0;
    this.#changed();
    try { await this.#socket.ask({ type: "room.read", room, seq }); } catch { /* said again with the next entry */ }
  }

  #read({ room, by, seq }) {
    const card = this.rooms.get(room);
    if (!card) return;
    if (by !== this.me.id) card.their_read = seq;
    else if (seq >= card.read) { card.read = seq; card.unread = seq >= card.head ? 0 : card.unread; }
  }

  #typing({ room, by, until }) {
    const key = `${room} ${by}`;
    clearTimeout(this.typing.get(key));
    this.typing.delete(key);
    if (until) this.typing.set(key, setTimeout(() => { this.typing.delete(key); this.#changed(); }, 6000));
  }

  isTyping(room) { return [...this.typing.keys()].some((key) => key.startsWith(room)); }

  #reservation(reservation) {
    const log = this.logs.get(reservation.room);
    if (reservation.status !== "draft") this.pressing.delete(reservation.id);
    for (const entry of log?.entries.values() ?? []) {
      if (entry.reservation?.id === reservation.id && entry.reservation.version <= reservation.version) entry.reservation = reservation;
    }
  }

  take(reservation) { this.#reservation(reservation); this.#changed(); }

  /** Gives a command that writes into a room; its entry has its place at once, for the answer stands for the echo. */
  async say(command, key = crypto.randomUUID()) {
    const result = await this.#socket.ask(command, key);
    this.#wrote(command, key, result);
    return result;
  }

  #written({ row, result }) { this.#wrote(row.command, row.key, result); }

  #wrote(command, key, { seq, at, reservation }) {
    const { room, body, reply_to, note } = command;
    const said = {
      "message.send": () => ({ kind: "text", body, ...(reply_to ? { reply_to } : {}) }),
      "message.edit": () => ({ kind: "edit", target: command.seq, body }),
      "message.delete": () => ({ kind: "delete", target: command.seq }),
      "invitation.ask": () => ({ kind: "request", ...(note ? { note } : {}) }),
      "invitation.send": () => ({ kind: "invitation", reservation }),
    }[command.type]();
    this.#take(room, { room, seq, at, by: this.me.id, key, ...said }, true);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), 500);
  }

  async #save() {
    const logs = [...this.logs.keys()].slice(-30).map((room) => [room, this.entries(room).slice(-KEPT_ENTRIES)]);
    try { await disk.put("kept", { epoch: this.#epoch, rooms: [...this.rooms.values()], logs }, "state"); } catch { /* without it, the next opening loads afresh */ }
  }
}
