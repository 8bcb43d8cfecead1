// Where a browser has no localStorage (it is forbidden, or full), memory stands in: the app works, and forgets at the end.
for (const name of ["localStorage", "sessionStorage"]) {
  try { globalThis[name].setItem("fuuro.try", ""); } catch {
    const kept = new Map();
    const value = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key), clear: () => kept.clear() };
    Object.defineProperty(globalThis, name, { value });
  }
}
