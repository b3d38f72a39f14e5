/* The language for whoever has not chosen one. */

import { put } from "./api.js";
import { h, show } from "./dom.js";
import { say, trouble } from "./messages.js";
import { t } from "./texts.js";

export async function languageSection(place, asked) {
  const settings = await asked;
  const choice = h("select", { onchange: () => {
    put("/settings", { retention_days: settings.retention_days, language: choice.value || null }).then((now) => { Object.assign(settings, now); say(t("Kept.")); }, trouble);
  } }, h("option", { value: "" }, t("as the browser")), h("option", { value: "en", lang: "en" }, "English"), h("option", { value: "zh", lang: "zh-Hans" }, "简体中文"));
  choice.value = settings.language ?? "";
  show(place, h("label", { class: "field" }, h("span", {}, t("Language for everybody who has not chosen one")), choice));
}
