// To the home screen: the browser's own question where it has one, else the steps of this platform.
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { install, installed, platform, promptable } from "../install.js";

export function installPart() {
  if (installed()) return null;
  const box = h("div", { class: "stack" });
  const part = h("section", { "data-testid": "install" }, h("h2", {}, t("install.title")), h("p", { class: "small muted" }, t("install.what")), box);
  const show = () => fill(box, promptable() ? h("button", { "data-testid": "install-now", onclick: async () => { if (await install()) part.remove(); else show(); } }, t("install.now"))
    : h("ol", { class: "steps" }, [1, 2, 3].map((n) => h("li", {}, t(`install.${platform()}_${n}`)))));
  addEventListener("installable", show, { once: true });
  show();
  return part;
}
