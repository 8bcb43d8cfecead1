// Night or day: as the device has it, or by choice.
const KEY = "fuuro.theme";

export const theme = () => localStorage.getItem(KEY) ?? "auto";

export function applyTheme(name = theme()) {
  if (name === "auto") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, name);
    document.documentElement.dataset.theme = name;
  }
}
