// Plain HTTP, and the access token: in memory alone; the refresh cookie brings a new one.
import { countdown } from "./clock.js";
import { t } from "./i18n.js";

const LEFT_MS = 60_000; // a token with less than this left is not worth beginning with
const ANSWER_MS = 10_000; // a network that swallows packets never says no
const UPLOAD_MS = 120_000;
const WORTH_SAYING_S = 5; // of a wait

let token = null;
let ends = 0;
const keys = new Map(); // what a form says → its key, until it is answered
let hurry = new AbortController();
addEventListener("online", () => { hurry.abort(); hurry = new AbortController(); });

export class Refused extends Error {
  constructor(error) { super(error.message ?? error.code); Object.assign(this, error); }
}

/** Not sent, or nobody knows whether it was written: the same again with the same key is safe. */
export const offline = () => new Refused({ code: "offline", temporary: true, retry_after: null });

/** A refusal as a person should read it: what happened, and what to do next. */
export function sentence(error) {
  if (error.code === "rate_limited" && error.retry_after >= WORTH_SAYING_S) return t("error.rate_limited_for", { time: countdown(error.retry_after * 1000) });
  for (const key of [error.field && `invalid.${error.field}`, error.code && `error.${error.code}`]) {
    if (key && (error.code === "invalid" || key.startsWith("error.")) && t(key) !== key) return t(key);
  }
  return error.code || t(error.message) !== error.message ? t(error.message) : t("error.offline");
}

/** What sign-in or refresh answered. */
export function keep(answer) {
  token = answer.access_token;
  ends = performance.now() + answer.expires_in * 1000;
}

export function forget() { token = null; }

const good = () => (token && ends - performance.now() > LEFT_MS ? token : null);

/** A token good for another minute at least; null when nobody is signed in. One tab at a time asks: the cookie turns with each use. */
export async function fresh() {
  if (good()) return token;
  const refresh = async () => {
    if (good()) return token;
    const answer = await patient("/api/auth/refresh", { method: "POST" }, ANSWER_MS, hurry.signal);
    if (answer.status === 401) { forget(); return null; }
    if (!answer.ok) throw new Refused(await answer.json().catch(() => ({ code: "unavailable" })));
    keep(await answer.json());
    return token;
  };
  return navigator.locks ? navigator.locks.request("fuuro.refresh", refresh) : refresh();
}

/** fetch() that gives up after `ms`, or at `signal`. Throws Refused. */
async function patient(path, options, ms, signal) {
  const end = new AbortController();
  const stop = () => end.abort();
  setTimeout(stop, ms);
  signal?.addEventListener("abort", stop);
  return fetch(path, { ...options, signal: end.signal }).catch(() => { throw offline(); });
}

/** The answer's JSON, as nobody in particular; `body` is an object or a FormData. Throws Refused. */
export async function knock(method, path, body, headers = {}) {
  const form = body instanceof FormData;
  const answer = await patient(path, {
    method,
    headers: body && !form ? { "content-type": "application/json", ...headers } : headers,
    body: form ? body : body && JSON.stringify(body),
  }, form ? UPLOAD_MS : ANSWER_MS);
  const said = answer.status === 204 ? {} : await answer.json().catch(() => { throw answer.ok ? offline() : new Refused({ code: "internal" }); });
  if (!answer.ok) throw new Refused(said);
  return said;
}

/** The same as the account that is signed in; a token that the server no longer takes is renewed once. */
export async function call(method, path, body, headers = {}) {
  for (let again = true; ; again = false) {
    const bearer = await fresh();
    if (!bearer) throw new Refused({ code: "unauthenticated" });
    try {
      return await knock(method, path, body, { ...headers, authorization: `Bearer ${bearer}` });
    } catch (error) {
      if (!again || !["session_expired", "unauthenticated"].includes(error.code)) throw error;
      forget();
    }
  }
}

export const read = (path) => call("GET", path);

/** `give(key)`: the same of one `form` again goes with the same key; what was changed after a lost answer is another command, with its own. */
export async function keyed(form, object, give) {
  const said = form + JSON.stringify(object);
  if (!keys.has(said)) keys.set(said, crypto.randomUUID());
  const result = await give(keys.get(said));
  keys.delete(said);
  return result;
}

/** A command where no socket is needed, from `form`. Throws Refused. */
export const command = (object, form = crypto.randomUUID()) =>
  keyed(form, object, async (key) => (await call("POST", "/api/commands", object, { "idempotency-key": key })).result);

/** One picture → {photo}. Throws Refused. */
export function upload(file) {
  const form = new FormData();
  form.append("photo", file);
  return call("POST", "/api/photos", form);
}
