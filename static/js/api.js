// Plain HTTP, and the access token: in memory alone; the refresh cookie brings a new one.
import { t } from "./i18n.js";

let token = null;
let ends = 0;

export class Refused extends Error {
  constructor(error) { super(error.message); Object.assign(this, error); }
}

/** A refusal as a person should read it. */
export function sentence(error) {
  const known = error.code && t(`error.${error.code}`);
  return known && known !== `error.${error.code}` ? known : error.message || t("error.network");
}

export function keep(answer) {
  token = answer.access_token;
  ends = Date.now() + answer.expires_in * 1000;
}

export function forget() { token = null; ends = 0; }

/** A token that is good for another minute at least; null when nobody is signed in. One tab at a time asks for it. */
export async function fresh() {
  if (token && ends - Date.now() > 60e3) return token;
  const refresh = async () => {
    if (token && ends - Date.now() > 60e3) return token;
    const answer = await fetch("/api/auth/refresh", { method: "POST" });
    if (answer.status === 401) { forget(); return null; }
    if (!answer.ok) throw new Refused(await answer.json());
    keep(await answer.json());
    return token;
  };
  return navigator.locks ? navigator.locks.request("fuuro.refresh", refresh) : refresh();
}

/** The answer's JSON. Throws Refused, or TypeError where there is no connection. */
export async function call(method, path, body, headers = {}) {
  const bearer = path.startsWith("/api/auth/") && method === "POST" && !path.endsWith("logout") ? null : await fresh();
  const answer = await fetch(path, {
    method,
    headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...(body ? { "content-type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said);
  return said;
}

export const read = (path) => call("GET", path);
