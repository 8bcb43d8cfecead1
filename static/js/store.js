// What this client knows: rooms, their logs, reservations as they are now, who types, whose finger is down. Elements listen to "change".
import { keyed, read } from "./api.js";
import * as disk from "./disk.js";
import { Fleeting } from "./fleeting.js";
import { Log } from "./log.js";

const KEPT_ENTRIES = 100; // a room, on disk: a few screens
const KEPT_ROOMS = 100;
const CURSORS = 500; // what `session.open` takes
const PAGE = 200;
const SAVE_MS = 400;
const UNREAD = new Set(["text", "photo", "request", "invitation", "seal"]);

export class Store extends EventTarget {
  #socket;
  #outbox;
  #epoch = null;
  #filling = new Set();
  #dirty = new Set();
  #saving = 0;
  #touched = null; // the rooms of a change that is about to be told; any, where it has null
  me = null;
  rooms = new Map();
  logs = new Map();
  reservations = new Map(); // id → the newest version seen anywhere
  #fleeting = new Fleeting(() => this.#changed());
  #owed = new Map(); // room → seq of a seal that came to this device, and the house has not been told

  constructor(socket, outbox) {
    super();
    this.#socket = socket;
    this.#outbox = outbox;
    socket.addEventListener("opened", ({ detail }) => this.#opened(detail));
    socket.addEventListener("state", () => { if (socket.state === "closed") this.#fleeting.clear(); this.#changed(); });
    socket.addEventListener("event", ({ detail }) => this.#event(detail));
    outbox.addEventListener("written", ({ detail: { row, result } }) => this.#wrote(row.command, row.key, result, row.photo));
    outbox.addEventListener("change", () => this.#changed());
  }

  /** The last known state of this account from disk: what can be shown without a connection. */
  async load(account) {
    this.forget();
    this.me = account;
    try {
      const state = await disk.get("kept", "state");
      if (!state) return;
      this.#epoch = state.epoch;
      for (const card of state.rooms) this.rooms.set(card.room, card);
      await Promise.all(state.rooms.map(async ({ room }) => {
        const kept = await disk.get("kept", room);
        if (!kept) return;
        this.logs.set(room, Log.of(kept));
        for (const entry of kept.entries) if (entry.reservation) this.#reserve(entry.reservation);
      }));
    } catch { /* an unreadable disk is an empty one */ }
    this.#changed();
  }

  forget() {
    this.me = null;
    this.#epoch = null;
    clearTimeout(this.#saving);
    this.#fleeting.clear();
    for (const known of [this.rooms, this.logs, this.reservations, this.#owed, this.#dirty]) known.clear();
  }

  /** For `session.open`: which history, and how much of it we have. */
  cursors() {
    const rooms = Object.fromEntries([...this.logs].slice(-CURSORS).map(([room, log]) => [room, log.head]));
    return this.#epoch ? { epoch: this.#epoch, rooms } : {};
  }

  #opened(opened) {
    if (this.#epoch && this.#epoch !== opened.epoch) for (const known of [this.logs, this.rooms, this.reservations]) known.clear();
    this.me = opened.account;
    this.#epoch = opened.epoch;
    for (const card of opened.rooms) this.#deal(card);
    for (const [room, missed] of Object.entries(opened.missed)) {
      if (missed.reset) { this.logs.delete(room); continue; }
      for (const entry of missed.entries) this.#take(entry);
      if (missed.more) this.#fill(room);
    }
    this.#dirty.add("state");
    this.#changed();
  }

  #event(event) {
    switch (event.type) {
      case "room.entry": this.#take(event.entry, true); break;
      case "room.opened": case "room.changed": this.#deal(event.card); break;
      case "seal.delivery": this.#heardDelivery(event); break;
      case "room.read": this.#heardRead(event); break;
      case "room.typing": if (event.by !== this.me.id) this.#fleeting.typing(event); break;
      case "reservation.changed": this.#reserve(event.reservation); break;
      case "reservation.pressing": this.#fleeting.press(event); break;
      default: this.dispatchEvent(new CustomEvent(event.type, { detail: event }));
    }
    this.#changed((event.entry ?? event.card ?? event.reservation ?? event).room);
  }

  /** Further cards, from `GET /api/rooms`. */
  deal(cards) {
    for (const card of cards) if (!this.rooms.has(card.room)) this.#deal(card);
    this.#changed();
  }

  #deal(card) {
    this.rooms.set(card.room, card);
    if (card.last?.reservation) this.#reserve(card.last.reservation);
    this.#dirty.add("state");
  }

  #take(entry, live = false) {
    const { room } = entry;
    if (entry.reservation) this.#reserve(entry.reservation);
    if (entry.key && entry.by === this.me.id) this.#outbox.seen(entry.key);
    if (entry.by && entry.by !== this.me.id) this.#fleeting.stopTyping(room);
    if (entry.kind === "seal") this.#owed.set(room, Math.max(this.#owed.get(room) ?? 0, entry.seq));
    const log = this.logs.get(room);
    const taken = log?.take(entry);
    if (log) this.#dirty.add(room);
    if (live && !this.rooms.has(room)) this.#meet(room);
    if (taken === "ahead" || (live && !log && this.rooms.has(room) && entry.seq > this.#head(room) + 1)) this.#fill(room);
    else if (live) this.#raise(entry);
  }

  #head(room) { return this.logs.get(room)?.head ?? this.rooms.get(room)?.head ?? 0; }

  /** The card of a room after something new in it. */
  #raise(entry) {
    const card = this.rooms.get(entry.room);
    if (!card || entry.seq <= card.head) return;
    card.head = entry.seq;
    const mine = entry.by === this.me.id;
    if (entry.kind === "edit" || entry.kind === "delete") {
      if (card.last?.seq === entry.target) card.last = { ...card.last, body: entry.body, deleted: entry.kind === "delete" };
    } else card.last = entry;
    if (UNREAD.has(entry.kind) && !mine) card.unread += 1;
    this.#dirty.add("state");
    if (!mine) this.dispatchEvent(new CustomEvent("heard", { detail: entry }));
  }

  #reserve(reservation) {
    const known = this.reservations.get(reservation.id);
    if (known && known.version > reservation.version) return;
    this.reservations.set(reservation.id, reservation);
    if (reservation.status !== "draft") this.#fleeting.lift(reservation.id);
  }

  /** The card of a room beyond the latest, which is among them now that something was said there. */
  async #meet(room) {
    if (this.#filling.has(room)) return;
    this.#filling.add(room);
    try { this.deal((await read("/api/rooms")).items); } catch { /* the next opening brings it */ }
    this.#filling.delete(room);
    if (this.rooms.has(room) || this.logs.has(room)) this.#fill(room); // what came meanwhile
  }

  /** A hole in the stream is filled from the log, page by page. */
  async #fill(room) {
    if (this.#filling.has(room)) return;
    this.#filling.add(room);
    let again = false;
    try {
      for (let after = -1, head = this.#head(room); head > after; ) {
        const page = await this.#socket.ask({ type: "room.since", room, after: after = head, limit: PAGE });
        if (page.reset) { this.logs.delete(room); again = true; break; }
        for (const entry of page.entries) this.#take(entry, true);
        if (page.more || this.logs.get(room)?.hole) head = page.entries.at(-1)?.seq ?? after;
      }
    } catch { /* the next opening brings it */ } finally {
      this.#filling.delete(room);
      this.#changed(room);
    }
    if (again) await this.open(room).catch(() => {});
  }

  /** Loads the newest page of a room that is not known yet. Throws Refused. */
  async open(room) {
    if (this.logs.has(room)) return;
    const page = await this.#socket.ask({ type: "room.history", room, limit: 50 });
    if (!this.logs.has(room)) this.#place(room, page, true);
  }

  /** Loads the page before what is known. Throws Refused. */
  async older(room) {
    const log = this.logs.get(room);
    if (!log?.more) return;
    this.#place(room, await this.#socket.ask({ type: "room.history", room, before: log.first, limit: 50 }), false);
  }

  #place(room, page, newest) {
    const log = this.logs.get(room) ?? new Log();
    log.place(page, newest);
    for (const entry of page.entries) if (entry.reservation) this.#reserve(entry.reservation);
    this.logs.set(room, log);
    this.#dirty.add(room);
    this.#changed(room);
    if (log.hole) this.#fill(room);
  }

  /** A command, and what its answer means here: its entry is not echoed to the socket that gave it. Throws Refused. */
  give(command, form = crypto.randomUUID()) {
    return keyed(form, command, async (key) => {
      const result = await this.#socket.ask(command, key);
      if (result.reservation) this.#reserve(result.reservation);
      if (result.seq && command.room) this.#wrote(command, key, result);
      this.#changed((result.reservation ?? command).room);
      return result;
    });
  }

  #wrote(command, key, { seq, at, reservation }, photo) {
    const { type, room, body, reply_to, seq: target, plan, starts_at, note, replaces } = command;
    const kinds = { "message.send": { kind: photo ? "photo" : "text", photo, body, reply_to }, "message.edit": { kind: "edit", target, body }, "message.delete": { kind: "delete", target },
      "invitation.ask": { kind: "request", plan, starts_at, note }, "invitation.send": { kind: "invitation", reservation, replaces } };
    if (kinds[type]) this.#take({ room, seq, at, by: this.me.id, key, ...kinds[type] }, true);
    this.#changed(room);
  }

  /** Reservations, from `GET /api/reservations`. */
  book(reservations) {
    for (const reservation of reservations) this.#reserve(reservation);
    for (const room of reservations.length ? reservations.map((one) => one.room) : [null]) this.#changed(room);
  }

  /** Opens the one conversation with `account`; its id. Throws Refused. */
  async talkTo(account) {
    const card = await this.#socket.ask({ type: "room.open", with: account });
    this.#deal(card);
    this.#changed();
    return card.room;
  }

  /** Reservation → {since, holdMs}, while the guest's finger is down. */
  get pressing() { return this.#fleeting.pressing; }
  entries(room) { return this.logs.get(room)?.entries ?? []; }
  get unread() { return [...this.rooms.values()].reduce((sum, card) => sum + card.unread, 0); }

  /** Everything in the room has been seen. */
  async read(room) {
    const card = this.rooms.get(room);
    const seq = this.logs.get(room)?.head ?? 0;
    if (!card || seq <= card.read || document.hidden || this.#socket.state !== "open") return;
    card.read = seq;
    card.unread = 0;
    this.#dirty.add("state");
    this.#changed(room);
    try { await this.#socket.ask({ type: "room.read", room, seq }); } catch { card.read = Math.min(card.read, seq - 1); }
  }

  #heardRead({ room, by, seq }) {
    const card = this.rooms.get(room);
    if (!card) return;
    if (by !== this.me.id) card.their_read = Math.max(card.their_read ?? 0, seq);
    else if (seq > card.read) { card.read = seq; if (seq >= card.head) card.unread = 0; }
    this.#dirty.add("state");
  }

  /** How far a seal has come to one of the two. */
  #heardDelivery({ room, seq, by, state }) {
    const entry = this.logs.get(room)?.get(seq);
    if (entry) entry.delivery = { ...entry.delivery, [by]: state };
    this.#dirty.add(room);
  }

  /** Tells the house which seals this device has; what it could not be told now, it is told later. */
  #acknowledge() {
    if (this.#socket.state !== "open") return;
    for (const [room, seq] of this.#owed) {
      this.#owed.delete(room);
      this.#socket.ask({ type: "room.received", room, seq }).catch(() => { this.#owed.set(room, Math.max(this.#owed.get(room) ?? 0, seq)); });
    }
  }

  /** What a card says otherwise from now on. */
  change(room, fields) {
    const card = this.rooms.get(room);
    if (card) this.#deal({ ...card, ...fields });
    this.#changed(room);
  }

  isTyping(room) { return this.#fleeting.isTyping(room); }

  /** Many changes of one moment are one change of the screen; `detail` are its rooms, null: any. */
  #changed(room = null) {
    if (this.#owed.size) this.#acknowledge();
    if (!this.#touched) {
      this.#touched = new Set();
      queueMicrotask(() => {
        const detail = this.#touched.has(null) ? null : this.#touched;
        this.#touched = null;
        this.dispatchEvent(new CustomEvent("change", { detail }));
      });
    }
    this.#touched.add(room);
    if (this.#dirty.size && !this.#saving) this.#saving = setTimeout(() => this.#save(), SAVE_MS);
  }

  async #save() {
    this.#saving = 0;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    if (!this.me) return;
    try {
      if (dirty.includes("state")) {
        const rooms = [...this.rooms.values()].sort(latest).slice(0, KEPT_ROOMS);
        await disk.put("kept", { epoch: this.#epoch, rooms }, "state");
      }
      for (const room of dirty) if (this.logs.has(room)) await disk.put("kept", this.logs.get(room).kept(KEPT_ENTRIES), room);
    } catch { /* a full disk: the next opening loads afresh */ }
  }
}

/** Sorts cards: the latest change first. */
export const latest = (a, b) => (b.last?.at ?? "9").localeCompare(a.last?.at ?? "9");
