// A cast's own address, to be given to guests.
import { h, tell } from "../dom.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

/** A field with the link and a button that copies it. */
export function shareLink() {
  const link = `${location.origin}/casts/${store.me.id}`;
  const field = h("input", { readonly: true, value: link, "aria-label": t("share.label"), "data-testid": "share-link", onfocus: () => field.select() });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      tell(t("share.copied"));
    } catch { field.select(); tell(t("share.by_hand")); }
  };
  return h("div", { class: "copy" }, field, h("button", { type: "button", onclick: copy, "data-testid": "share" }, t("share.copy")));
}
