// What one looks for in a cast: kept in the address, so that going back, a reload and a link find the same.
import { addDays, dayName, nightOf, now } from "../clock.js";
import { ask, h } from "../dom.js";
import { nightInput } from "../forms.js";
import { t } from "../i18n.js";
import { tagPicker } from "./tag-picker.js";
import { spanOfNight } from "../night.js";

const NIGHTS = 14;
const PRICES = [10_000, 15_000, 20_000, 30_000, 50_000];
const FROM = "20:00";
const TO = "25:00";

/** {q, status, area, price, night, from, to, tags: Set, not: Set} of an address's search part. */
export function wishOf(search) {
  const said = new URLSearchParams(search);
  const list = (name) => new Set((said.get(name) ?? "").split(",").filter(Boolean));
  const [q, status, area, price, night, from, to] = ["q", "status", "area", "price", "night", "from", "to"].map((name) => said.get(name) ?? "");
  return { q, status, area, price, night, from: from || FROM, to: to || TO, tags: list("tags"), not: list("not") };
}

/** The search part of our own address. */
export function searchOf(wish) {
  const said = new URLSearchParams();
  for (const name of ["q", "status", "area", "price", "night"]) if (wish[name]) said.set(name, wish[name]);
  if (wish.night) { said.set("from", wish.from); said.set("to", wish.to); }
  for (const name of ["tags", "not"]) if (wish[name].size) said.set(name, [...wish[name]].join(","));
  return said.size ? `?${said}` : "";
}

/** The same as `GET /api/casts` asks for it. */
export function questionOf(wish, cursor) {
  const said = new URLSearchParams();
  for (const name of ["q", "status", "area"]) if (wish[name].trim()) said.set(name, wish[name].trim());
  if (wish.price) said.set("price_max", wish.price);
  if (wish.tags.size) said.set("tags", [...wish.tags].join(","));
  if (wish.not.size) said.set("not_tags", [...wish.not].join(","));
  const span = spanOfNight(wish.night, wish.from, wish.to);
  if (span && span.end > now()) {
    said.set("from", new Date(Math.max(span.begin, now())).toISOString());
    said.set("to", span.end.toISOString());
  }
  if (cursor) said.set("cursor", cursor);
  return `/api/casts${said.size ? `?${said}` : ""}`;
}

/** How many things are asked for behind the button. */
export const countOf = (wish) => [wish.area, wish.price, wish.night].filter(Boolean).length + wish.tags.size + wish.not.size;

/** Asks for the rest; resolves with the new wish, or undefined. */
export function askWish(wish) {
  const next = { ...wish, tags: new Set(wish.tags), not: new Set(wish.not) };
  return ask(t("filter.title"), (close) => {
    const night = h("select", { "data-testid": "filter-night", onchange: () => { next.night = night.value; times.hidden = !next.night; } },
      h("option", { value: "" }, t("filter.any_time")), Array.from({ length: NIGHTS }, (_, i) => addDays(nightOf(now()), i)).map((day, i) => h("option", { value: day, selected: day === next.night }, i ? dayName(day) : `${t("invite.tonight")} ${dayName(day)}`)));
    const time = (name) => nightInput(next[name], `filter-${name}`, { oninput: (event) => { next[name] = event.target.value; problem.hidden = true; } });
    const problem = h("p", { class: "error", role: "alert", hidden: true }, t("time.order"));
    const times = h("div", { class: "stack", hidden: !next.night }, h("div", { class: "pair" }, h("label", {}, h("span", {}, t("filter.from")), time("from")), h("label", {}, h("span", {}, t("filter.to")), time("to"))), problem);
    const show = (event) => {
      event.preventDefault();
      if (next.night && !spanOfNight(next.night, next.from, next.to)) problem.hidden = false;
      else close(next);
    };
    const price = h("select", { "data-testid": "filter-price", onchange: () => { next.price = price.value; } }, h("option", { value: "" }, t("filter.any_price")),
      PRICES.map((yen) => h("option", { value: yen, selected: String(yen) === next.price }, t("filter.price_to", { price: new Intl.NumberFormat("ja-JP").format(yen) }))));
    const area = h("input", { value: next.area, maxlength: "40", placeholder: t("filter.area_how"), "data-testid": "filter-area", oninput: () => { next.area = area.value; } });
    const clear = () => close({ ...wish, area: "", price: "", night: "", tags: new Set(), not: new Set() });
    return h("form", { onsubmit: show }, h("h2", {}, t("filter.title")),
      h("label", {}, h("span", {}, t("filter.night")), night), times,
      h("label", {}, h("span", {}, t("filter.price")), price), h("label", {}, h("span", {}, t("filter.area")), area),
      h("div", { class: "field" }, h("span", {}, t("filter.tags")), h("p", { class: "muted small" }, t("filter.tags_how")), tagPicker(next.tags, next.not)),
      h("div", { class: "acts sticky" }, h("button", { class: "main", "data-testid": "filter-done" }, t("filter.show")), h("button", { type: "button", class: "quiet", "data-testid": "filter-clear", onclick: clear }, t("filter.clear"))));
  });
}
