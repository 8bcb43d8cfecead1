// IndexedDB: the outbox, and the last known rooms and entries, for opening without a connection. One database an account.
// Where a browser keeps nothing (a private window), memory stands in: the app works, and forgets at the end.

let opened = null;

class Memory {
  #stores = { outbox: new Map(), kept: new Map() };
  run(store, work) { return work(this.#stores[store]); }
}

export function openDisk(account) {
  opened = new Promise((resolve) => {
    const request = indexedDB.open(`fuuro-${account}`, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "key" });
      request.result.createObjectStore("kept");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => resolve(new Memory());
  }).catch(() => new Memory());
  return opened;
}

async function run(store, mode, onDisk, inMemory) {
  const db = await opened;
  if (!db) return undefined;
  if (db instanceof Memory) return db.run(store, inMemory);
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const request = onDisk(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const all = async (store) => (await run(store, "readonly", (s) => s.getAll(), (m) => [...m.values()])) ?? [];
export const get = (store, key) => run(store, "readonly", (s) => s.get(key), (m) => m.get(key));
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key), (m) => m.delete(key));
/** `key` is left out where the value bears its own. */
export const put = (store, value, key) =>
  run(store, "readwrite", (s) => (key === undefined ? s.put(value) : s.put(value, key)), (m) => m.set(key ?? value.key, value));

/** Everything of everybody leaves this device. */
export async function burn() {
  const db = await opened;
  opened = null;
  if (db instanceof IDBDatabase) db.close();
  const names = (await indexedDB.databases?.()) ?? (db?.name ? [db] : []);
  await Promise.all(names.filter(({ name }) => name?.startsWith("fuuro-")).map(({ name }) => new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = done;
  })));
}
