// A portrait 3:4, or the first letter of a name where there is none.
import { h } from "../dom.js";

/** `size`: "", "small" or "large". */
export function portrait({ display_name, photo }, size = "") {
  const kind = `portrait ${size}`.trim();
  if (photo) return h("img", { class: kind, src: Object.values(photo.sizes)[0], alt: "", loading: "lazy" });
  return h("span", { class: kind, "aria-hidden": "true" }, [...display_name][0]);
}
