// Words in one's own conversations, as they read now; a tap goes to where they were said.
import { read, sentence } from "../api.js";
import { calendarDay, dayName } from "../clock.js";
import { ask, fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { store } from "../session.js";

const TYPING_MS = 300;

/** In all rooms, or in `room` alone. */
export async function searchRooms(room = null) {
  let asked = 0;
  let timer = 0;
  const found = await ask(t("search.title"), (close) => {
    const list = h("ul", { class: "found-list", "data-testid": "found-list", "aria-live": "polite" });
    const row = (entry) => {
      const who = entry.by === store.me.id ? t("search.me") : store.rooms.get(entry.room)?.with.display_name;
      return h("li", {}, h("button", { type: "button", "data-testid": "found", onclick: () => close(entry) }, h("span", { class: "small muted" }, [who, dayName(calendarDay(entry.at))].filter(Boolean).join(" · ")), h("span", { class: "words" }, entry.body)));
    };
    async function load(cursor = null) {
      const mine = ++asked;
      const q = words.value.trim();
      if (!q) { list.replaceChildren(); return; }
      try {
        const { items, next } = await read(`/api/rooms/search?${new URLSearchParams({ q, ...(room ? { room } : {}), ...(cursor ? { cursor } : {}) })}`);
        if (mine !== asked) return;
        const before = cursor ? [...list.children].slice(0, -1) : [];
        const more = next && h("li", {}, h("button", { type: "button", class: "wide", onclick: () => load(next) }, t("casts.more")));
        fill(list, before, items.length || cursor ? items.map(row) : h("li", { class: "muted" }, t("search.none")), more);
      } catch (error) { if (mine === asked) fill(list, h("li", { class: "error", role: "alert" }, sentence(error))); }
    }
    const words = h("input", { type: "search", maxlength: "100", autofocus: true, placeholder: t("search.words"), "aria-label": t("search.words"), "data-testid": "search-words", oninput: () => { clearTimeout(timer); timer = setTimeout(load, TYPING_MS); } });
    return h("form", { onsubmit: (event) => { event.preventDefault(); load(); } }, h("h2", {}, t(room ? "search.here" : "search.title")), words, list, h("div", { class: "acts" }, h("button", { type: "button", class: "quiet", onclick: () => close() }, t("close"))));
  });
  if (found) go(`/rooms/${found.room}?at=${found.seq}`);
}
