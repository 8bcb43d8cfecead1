// IndexedDB: the outbox, and the last known rooms and entries, for opening without a connection. One database an account.
// Where a browser keeps nothing (a private window), memory stands in: the app works, and forgets at the end.

const OPEN_MS = 3_000; // some browsers never answer
const LOST = ["InvalidStateError", "UnknownError"]; // a phone takes it from a page in the background

let opened = null;
let owner;

class Memory {
  #stores = { outbox: new Map(), kept: new Map() };
  run(store, work) { return work(this.#stores[store]); }
}

export function openDisk(account) {
  owner = account;
  const mine = opened = new Promise((resolve) => {
    setTimeout(() => resolve(new Memory()), OPEN_MS);
    const request = indexedDB.open(`fuuro-${account}`, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "key" });
      request.result.createObjectStore("kept");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { // another tab burns it
        request.result.close();
        if (opened === mine) opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => resolve(new Memory());
  }).catch(() => new Memory());
  return opened;
}

async function run(store, mode, onDisk, inMemory, again = true) {
  const asked = opened;
  const db = await asked;
  if (!db) return undefined;
  if (db instanceof Memory) return db.run(store, inMemory);
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const request = onDisk(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  }).catch((error) => {
    if (!again || !LOST.includes(error?.name)) throw error;
    if (opened === asked) openDisk(owner);
    return run(store, mode, onDisk, inMemory, false);
  });
}

export const all = async (store) => (await run(store, "readonly", (s) => s.getAll(), (m) => [...m.values()])) ?? [];
export const get = (store, key) => run(store, "readonly", (s) => s.get(key), (m) => m.get(key));
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key), (m) => m.delete(key));
/** `key` is left out where the value bears its own. */
export const put = (store, value, key) =>
  run(store, "readwrite", (s) => (key === undefined ? s.put(value) : s.put(value, key)), (m) => m.set(key ?? value.key, value));

/** Keeps nothing from now on; what was open, closed. */
export async function shut() {
  const db = await opened;
  opened = null;
  db?.close?.();
  return db;
}
