// A plan as everybody reads it: what, how long, the full price, the terms.
import { money } from "../clock.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";

export function planCard(plan, ...acts) {
  return h("article", { class: "card plan", "data-testid": "plan-card" }, h("header", {}, h("h3", {}, plan.name), h("span", { class: "price" }, money(plan.price))),
    h("p", { class: "small muted figures" }, [t("plans.line", { minutes: plan.minutes }), t("letter.total")].join(" · ")), plan.description && h("p", {}, plan.description), h("p", { class: "small muted terms" }, plan.terms), acts);
}
