// An entry in one line, where there is no room for more.
import { t } from "../i18n.js";

export function preview(entry) {
  if (!entry) return t("rooms.new");
  if (entry.deleted) return t("entry.deleted");
  if (entry.kind === "text") return entry.body;
  if (entry.kind === "notice") return t(`notice.${entry.status}`);
  return t(`preview.${entry.kind}`);
}
