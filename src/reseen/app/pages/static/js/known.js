/* Sentences that come from the server in English, in the page's language. */

import { SENTENCES } from "./sentences.js";
import { language, t } from "./texts.js";

let patterns = null;

/** A sentence as a pattern: what differs is captured by name. */
function compiled(sentence) {
  const parts = sentence.split(/\{(\w+)\}/).map((part, index) => (index % 2 ? `(?<${part}>.+?)` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return { sentence, pattern: new RegExp(`^${parts.join("")}$`, "s") };
}

/** Translated if the catalogue has such a sentence; otherwise as it came. */
export function known(text) {
  if (!text || language.startsWith("en")) return text ?? "";
  const whole = t(text);
  if (whole !== text) return whole;
  patterns ??= SENTENCES.filter((sentence) => sentence.includes("{")).map(compiled);
  for (const { sentence, pattern } of patterns) {
    const found = pattern.exec(text);
    if (found) return t(sentence, Object.fromEntries(Object.entries(found.groups).map(([name, value]) => [name, known(value)])));
  }
  return text;
}
