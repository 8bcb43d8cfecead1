// What guests said of a cast on five axes, 1 to 5, drawn; the figures stand beside it for those who don't see it.
import { h, svg } from "../dom.js";
import { t } from "../i18n.js";

const AXES = ["conversation", "attentiveness", "style", "punctuality", "reunion"];
const SIZE = 120; // half of the drawing
const REACH = 84;

const point = (axis, part) => {
  const angle = (axis / AXES.length) * 2 * Math.PI - Math.PI / 2;
  return [Math.cos(angle) * REACH * part, Math.sin(angle) * REACH * part].map((n) => n.toFixed(1)).join(",");
};
const ring = (part) => AXES.map((_, i) => point(i, part)).join(" ");

export function radarChart({ reviews, axes }) {
  const values = AXES.map((name) => axes[name]);
  const drawing = svg("svg", { viewBox: `${-SIZE} ${-SIZE} ${2 * SIZE} ${2 * SIZE}`, class: "radar", "aria-hidden": "true" },
    [0.2, 0.4, 0.6, 0.8, 1].map((part) => svg("polygon", { points: ring(part), class: "ring" })),
    AXES.map((_, i) => svg("polyline", { points: `0,0 ${point(i, 1)}`, class: "ring" })),
    svg("polygon", { points: values.map((value, i) => point(i, value / 5)).join(" "), class: "shape" }),
    values.map((value, i) => { const [cx, cy] = point(i, value / 5).split(","); return svg("circle", { cx, cy, r: 3, class: "mark" }); }));
  return h("figure", { class: "radar-box", "data-testid": "radar" }, drawing,
    h("dl", {}, AXES.map((name, i) => h("div", {}, h("dt", {}, t(`axis.${name}`)), h("dd", { class: "figures" }, values[i].toFixed(1))))),
    h("figcaption", { class: "small muted" }, t("radar.of", { n: reviews })));
}
