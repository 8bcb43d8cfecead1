// A cast's own address, to be given to guests.
import { copyable } from "../forms.js";
import { t } from "../i18n.js";
import { store } from "../session.js";

export const shareLink = () => copyable(`${location.origin}/casts/${store.me.id}`, t("share.label"), { field: "share-link", button: "share" });
