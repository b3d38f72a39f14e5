/* Short messages at the foot of the page, read out by screen readers. */

import { $, h } from "./dom.js";
import { t } from "./texts.js";

/** Says something; with `undo`, what takes it back. */
export function say(text, { bad = false, undo = null, seconds = bad ? 9 : 5 } = {}) {
  const place = $("#messages");
  const close = () => message.remove();
  const message = h(
    "div",
    { class: bad ? "message bad" : "message" },
    h("span", {}, text),
    undo && h("button", { class: "link", type: "button", onclick: () => { close(); undo(); } }, t("Undo")),
    bad && h("button", { class: "link", type: "button", onclick: close }, t("Close")),
  );
  while (place.childElementCount > 2) place.firstElementChild.remove();
  place.append(message);
  setTimeout(close, seconds * 1000);
}

export const trouble = (error) => {
  if (error?.name !== "AbortError") say(error?.message ?? String(error), { bad: true });
};

/** Runs what a button does; a failure becomes a message, the button waits meanwhile. */
export async function doing(button, work) {
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (error) {
    trouble(error);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}
