// IndexedDB: the outbox, and the last known rooms and entries, for opening without a connection. One database an account.

let opened = null;

export function openDisk(account) {
  opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(`fuuro-${account}`, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      request.result.createObjectStore("kept");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(store, mode, work) {
  const db = await opened;
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const all = (store) => run(store, "readonly", (s) => s.getAll());
export const get = (store, key) => run(store, "readonly", (s) => s.get(key));
export const put = (store, value, key) => run(store, "readwrite", (s) => (key === undefined ? s.put(value) : s.put(value, key)));
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key));

/** Everything of everybody leaves this device. */
export async function burn() {
  if (opened) (await opened).close();
  opened = null;
  const names = (await indexedDB.databases?.()) ?? [];
  await Promise.all(names.filter((d) => d.name.startsWith("fuuro-")).map((d) => new Promise((done) => {
    const request = indexedDB.deleteDatabase(d.name);
    request.onsuccess = request.onerror = request.onblocked = done;
  })));
}
