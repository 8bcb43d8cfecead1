// The socket's life: open, resume, keep, come back. Knows frames and close codes, and nothing of what they mean to people.
import { forget, fresh, offline, Refused } from "./api.js";
import { setClock } from "./clock.js";

const OPENING_MS = 10_000; // a network that swallows packets never says no
const IDLE_MS = 30_000; // longer than the server's own pings, which a page cannot see
const ANSWER_MS = 5_000; // for a ping; a phone that woke up may hold a socket that is long dead
const HELD_UP_MS = 1_000; // by the page itself: an answer may wait unread
const DOUBT_MS = 3_000; // without an answer: then a ping
const LONGEST_MS = 30_000;
const STEADY_MS = 30_000; // it lasted: the next attempt is a first one

export class Socket extends EventTarget {
  #ws = null;
  #id = 0;
  #waiting = new Map();
  #attempt = 0;
  #timer = 0;
  #idle = 0;
  #since = 0;
  #pinged = null;
  #cursors;
  #wanted = false;
  #connecting = false;
  state = "closed";

  /** `cursors()` gives {epoch, rooms: {room: seq}} for the first frame. */
  constructor(cursors) {
    super();
    this.#cursors = cursors;
    addEventListener("online", () => this.#anew());
    addEventListener("offline", () => this.#ping());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#wake(); });
  }

  start() {
    this.#wanted = true;
    this.#attempt = 0;
    this.#soon(0);
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const ws = this.#ws;
    if (ws) { this.#closed(ws, { code: 1000 }); ws.close(1000); }
  }

  /** The result of a command. Throws Refused; `offline` where it was not sent or nobody knows, `patience` ms later at most. */
  ask(command, key, patience = 0) {
    if (this.state !== "open") return Promise.reject(offline());
    return new Promise((resolve, reject) => {
      const timers = [setTimeout(() => this.#ping(), DOUBT_MS)];
      if (patience) timers.push(setTimeout(() => { this.#ping(); reject(offline()); }, patience));
      this.#send(command, key).then(resolve, reject).finally(() => timers.forEach(clearTimeout));
    });
  }

  #send(command, key) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#ws.send(JSON.stringify({ id, ...(key ? { key } : {}), command }));
    });
  }

  async #connect() {
    if (!this.#wanted || this.#ws || this.#connecting) return;
    this.#connecting = true;
    this.#become("connecting");
    let token;
    try { token = await fresh(); } catch { this.#retry(); return; } finally { this.#connecting = false; }
    if (!this.#wanted) return;
    if (!token) { this.#end("signedout"); return; }
    const ws = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "fuuro.v1");
    this.#ws = ws;
    const late = setTimeout(() => this.#abandon(ws), OPENING_MS);
    ws.onmessage = ({ data }) => { if (ws === this.#ws) this.#hear(JSON.parse(data)); };
    ws.onclose = (event) => { clearTimeout(late); this.#closed(ws, event); };
    ws.onopen = async () => {
      try {
        const opened = await this.#send({ type: "session.open", token, ...this.#cursors() });
        clearTimeout(late);
        this.#since = performance.now();
        setClock(opened.server_time, opened.zone);
        this.#become("open");
        this.dispatchEvent(new CustomEvent("opened", { detail: opened }));
      } catch { /* the close that follows says why */ }
    };
  }

  #hear(frame) {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#ping(), IDLE_MS);
    if (frame.event) {
      if (frame.event.type === "session.expiring") this.#refresh();
      else this.dispatchEvent(new CustomEvent("event", { detail: frame.event }));
      return;
    }
    const waiting = this.#waiting.get(frame.id);
    if (!waiting) return;
    this.#waiting.delete(frame.id);
    if (frame.error) waiting.reject(new Refused(frame.error));
    else waiting.resolve(frame.result);
  }

  async #refresh() {
    try {
      forget();
      const token = await fresh();
      if (token) await this.ask({ type: "session.refresh", token });
    } catch { /* 4003 follows, and a new connection with a new token */ }
  }

  #closed(ws, { code, reason }) {
    if (ws !== this.#ws) return;
    this.#ws = null;
    clearTimeout(this.#idle);
    if (this.state === "open" && performance.now() - this.#since > STEADY_MS) this.#attempt = 0;
    for (const { reject } of this.#waiting.values()) reject(offline());
    this.#waiting.clear();
    this.#become("closed");
    if (code === 4003 || code === 4004) forget();
    if (code === 4502) this.#end("signedout");
    else if (code >= 4500 && code <= 4999) this.#end("turnedaway");
    else if (code === 1012) {
      this.#soon((Number(reason) || 1_000) * (1 + Math.random() / 10));
      this.dispatchEvent(new Event("restart"));
    } else this.#retry();
  }

  #end(how) {
    this.#wanted = false;
    this.#become("closed");
    this.dispatchEvent(new Event(how));
  }

  /** Exponential, up to half a minute, with jitter: a whole house must not knock at once. */
  #retry() { this.#soon(Math.min(LONGEST_MS, 500 * 2 ** this.#attempt++) * (0.5 + Math.random() / 2)); }

  #soon(ms) {
    if (!this.#wanted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  /** An attempt that hangs in the old network is given up. */
  #anew() {
    if (this.#ws && this.state !== "open") this.#abandon(this.#ws);
    this.#attempt = 0;
    this.#wake();
  }

  #wake() {
    if (this.state === "open") this.#ping();
    else this.#soon(0);
  }

  #ping() {
    const ws = this.#ws;
    if (this.state !== "open" || this.#pinged === ws) return;
    this.#pinged = ws;
    let dead;
    const wait = () => {
      const due = performance.now() + ANSWER_MS;
      dead = setTimeout(() => (performance.now() - due > HELD_UP_MS ? wait() : this.#abandon(ws)), ANSWER_MS);
    };
    wait();
    const heard = () => { clearTimeout(dead); this.#pinged = null; };
    this.#send({ type: "session.ping" }).then(({ server_time }) => { heard(); setClock(server_time); }, heard);
  }

  /** A socket that does not answer is given up at once: its own closing could take minutes. */
  #abandon(ws) {
    if (ws !== this.#ws) return;
    this.#closed(ws, { code: 4001 });
    ws.close();
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
