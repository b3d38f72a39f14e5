/* Sentences that come from the server in English, in the page's language. */

import { t } from "./texts.js";

/** Translated if the catalogue has it, word for word; otherwise as it came. */
export function known(text) {
  return text ? t(text) : "";
}
