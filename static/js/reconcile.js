// After every opening: which reservations live. What ended while nobody listened is told by no event.
import { read } from "./api.js";
import { store } from "./session.js";

const LIVE = ["draft", "confirmed", "arrived"];

/** Reads the list to its end; what lived here and is not in it is read by itself. Throws Refused. */
export async function reconcile() {
  const gone = new Set([...store.reservations.values()].filter(({ status }) => LIVE.includes(status)).map(({ id }) => id));
  for (let cursor = ""; cursor !== null; ) {
    const { items, next } = await read(`/api/reservations?status=${LIVE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    if (items.length) store.book(items);
    for (const { id } of items) gone.delete(id);
    cursor = next;
  }
  for (const id of gone) await read(`/api/reservations/${id}`).then((one) => store.book([one]), () => {});
}
