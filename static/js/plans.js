// The names of plans, which a request bears only by id.
import { read } from "./api.js";
import { store } from "./session.js";

const asked = new Map();

/** The name of plan `id` of `cast`; null where it is not known. */
export async function planName(cast, id) {
  if (!asked.has(cast)) asked.set(cast, cast === store.me.id ? read("/api/plans").then(({ items }) => items) : read(`/api/casts/${cast}`).then(({ plans }) => plans));
  try { return (await asked.get(cast)).find((plan) => plan.id === id)?.name ?? null; } catch { asked.delete(cast); return null; }
}
