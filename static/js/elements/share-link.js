// Links to be given to somebody: a cast's own address above all.
import { h, tell } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

/** A field with the link and a button that copies it. */
export function copyable(link, label, testids) {
  const field = h("input", { readonly: true, value: link, "aria-label": label, "data-testid": testids.field, onfocus: () => field.select() });
  const copy = async () => {
    try { await navigator.clipboard.writeText(link); tell(t("share.copied")); } catch { field.select(); tell(t("share.by_hand")); }
  };
  return h("div", { class: "copy" }, field, h("button", { type: "button", onclick: copy, "data-testid": testids.button }, t("share.copy")));
}

export const shareLink = () => copyable(`${location.origin}/casts/${store.me.id}`, t("share.label"), { field: "share-link", button: "share" });
