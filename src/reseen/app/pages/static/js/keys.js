/* Keys: each page says which it knows; `?` shows them. */

import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

const known = new Map();

/** Tells what a key does here; `run` gets the event and returns false to let it pass. */
export function key(name, says, run, { shown = name } = {}) {
  known.set(name, { says, run, shown });
}

function typing(element) {
  if (element.isContentEditable || element.tagName === "TEXTAREA" || element.tagName === "SELECT") return true;
  return element.tagName === "INPUT" && !["checkbox", "radio", "button", "file"].includes(element.type);
}

export function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const rows = [...known.values()].filter((entry) => entry.says);
  dialog(t("Keys"), h("dl", { class: "keys" }, rows.map((entry) => [h("dt", {}, h("kbd", {}, entry.shown)), h("dd", {}, entry.says)])));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector("dialog[open], .menu:popover-open")) return;
  const entry = known.get(event.key) ?? known.get(event.key.toLowerCase());
  if (!entry) return;
  const pressing = event.target.closest?.("button, a, summary, label, input");
  if (event.key === " " && pressing) return;
  if (entry.run(event) !== false) event.preventDefault();
});

key("?", t("Show these keys"), showKeys);
