// What every form does: wait, say what went wrong, and be left without harm.
import { sentence } from "./api.js";
import { ask, h } from "./dom.js";
import { t } from "./i18n.js";
import { nightMinutes } from "./night.js";

/** Where a form says what went wrong. */
export const problemLine = () => h("p", { class: "error", role: "alert", hidden: true });

/** Runs `work` while its button waits; true when it is done, false when it threw, which `problem` then says. */
export async function busy(button, problem, work) {
  button.disabled = true;
  problem.hidden = true;
  try {
    await work();
    return true;
  } catch (error) {
    problem.textContent = sentence(error);
    problem.hidden = false;
    return false;
  } finally { button.disabled = false; }
}

/** A dialog that asks for one thing: closes when `work` is done, stays with a sentence when it throws. `testid` is its button's. */
export function askForm(title, { label = title, testid, grave = false }, work, ...content) {
  return ask(title, (close) => {
    const problem = problemLine();
    const button = h("button", { class: grave ? "grave" : "main", "data-testid": testid }, label);
    return h("form", { onsubmit: async (event) => {
      event.preventDefault();
      if (await busy(button, problem, work)) close(true);
    } }, h("h2", {}, title), content, problem, h("div", { class: "acts" }, button, h("button", { type: "button", class: "quiet", onclick: () => close() }, t("cancel"))));
  });
}

/** Where a time is typed, in the notation of the night; says how where it is none. */
export function nightInput(value, testid, props = {}) {
  const input = h("input", { inputmode: "numeric", placeholder: "21:00", class: "figures", value, "data-testid": testid, ...props });
  const judge = () => input.setCustomValidity(!input.value.trim() || nightMinutes(input.value) !== null ? "" : t("time.how"));
  input.addEventListener("input", judge);
  judge();
  return input;
}

/** A few buttons of which one is pressed; `choose(value)` hears which. */
export function choices(options, chosen, choose, label = null) {
  const group = h("div", { class: "choices", role: "group", "aria-label": label }, options.map(([value, text, testid]) => h("button", { type: "button", "aria-pressed": String(value === chosen), "data-testid": testid, onclick: (event) => {
    for (const other of group.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
    choose(value);
  } }, text)));
  return group;
}
