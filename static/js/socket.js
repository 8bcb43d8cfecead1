// The socket's life: open, resume, keep, come back. Knows frames and close codes, and nothing of what they mean to people.
import { fresh, Refused } from "./api.js";

const QUIET_MS = 40_000; // the server speaks every 25 s; silence for longer is a dead line that nobody has told us of

export class Socket extends EventTarget {
  #ws = null;
  #id = 0;
  #waiting = new Map();
  #attempt = 0;
  #timer = 0;
  #cursors;
  #wanted = false;
  state = "closed";

  /** `cursors()` gives {epoch, rooms: {room: seq}} for the first frame. */
  constructor(cursors) {
    super();
    this.#cursors = cursors;
    addEventListener("online", () => this.#soon(0));
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.#wanted) this.#check(); });
  }

  start() { this.#wanted = true; this.#connect(); }

  stop() { this.#wanted = false; clearTimeout(this.#timer); this.#ws?.close(1000); }

  /** The result of a command. Throws Refused; `code: "offline"` where it was not sent or nobody knows. */
  ask(command, key = undefined) {
    if (this.state !== "open") return Promise.reject(new Refused({ code: "offline", message: "offline", temporary: true }));
    return this.#send(command, key);
  }

  #send(command, key) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#ws.send(JSON.stringify({ id, ...(key ? { key } : {}), command }));
    });
  }

  async #connect() {
    if (!this.#wanted || this.#ws) return;
    this.#become("connecting");
    let token;
    try { token = await fresh(); } catch { this.#retry(); return; }
    if (!token) { this.#wanted = false; this.#become("closed"); this.dispatchEvent(new Event("signedout")); return; }
    const ws = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "fuuro.v1");
    this.#ws = ws;
    ws.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    ws.onclose = (event) => this.#closed(ws, event);
    ws.onopen = async () => {
      try {
        const opened = await this.#send({ type: "session.open", token, ...this.#cursors() });
        this.#attempt = 0;
        this.#become("open");
        this.dispatchEvent(new CustomEvent("opened", { detail: opened }));
      } catch { /* the close that follows says why */ }
    };
  }

  #hear(frame) {
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
      const token = await fresh();
      if (token) await this.ask({ type: "session.refresh", token });
    } catch { /* 4003 follows, and a new connection with a new token */ }
  }

  #closed(ws, { code, reason }) {
    if (ws !== this.#ws) return;
    this.#ws = null;
    for (const { reject } of this.#waiting.values()) reject(new Refused({ code: "offline", message: "offline", temporary: true }));
    this.#waiting.clear();
    this.#become("closed");
    if (code >= 4500 && code <= 4999) {
      this.#wanted = false;
      this.dispatchEvent(new Event("signedout"));
    } else if (code === 1012) this.#soon(Number(reason) || 1000);
    else this.#retry();
  }

  /** Exponential, up to half a minute, with jitter: a whole house must not knock at once. */
  #retry() { this.#soon(Math.min(30_000, 500 * 2 ** this.#attempt++) * (0.5 + Math.random() / 2)); }

  #soon(ms) {
    if (!this.#wanted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  /** After sleep a socket may look open and be dead: a ping tells. */
  #check() {
    if (this.state !== "open") { this.#soon(0); return; }
    const ws = this.#ws;
    const dead = setTimeout(() => { if (ws === this.#ws) { ws.close(); this.#closed(ws, { code: 4001 }); } }, Math.min(5_000, QUIET_MS));
    this.ask({ type: "session.ping" }).then(() => clearTimeout(dead), () => clearTimeout(dead));
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
