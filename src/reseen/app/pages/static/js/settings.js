/* Settings, section by section; each is asked for by itself, so that one that fails hides no other. */

import { get } from "./api.js";
import { auditSection } from "./audit.js";
import { calibrationSection } from "./calibration.js";
import { $, h, show } from "./dom.js";
import { keepingSection } from "./keeping.js";
import { modelsSection } from "./models.js";
import { languageSection } from "./languages.js";
import { readingSection } from "./reading.js";
import { may, session } from "./session.js";
import { setLanguage, setTheme } from "./shell.js";
import { tokensSection } from "./tokens.js";

function appearance() {
  const language = $("#language-choice");
  language.value = document.documentElement.dataset.language;
  language.addEventListener("change", () => setLanguage(language.value));
  const theme = $("#theme-choice");
  theme.value = document.documentElement.dataset.theme ?? "auto";
  theme.addEventListener("change", () => setTheme(theme.value));
}

async function section(id, draw) {
  const place = $(`#${id} .content`);
  try {
    await draw(place);
  } catch (error) {
    show(place, h("p", { class: "chip bad" }, error.message));
  }
}

appearance();
session.then(async (found) => {
  if (!found.role) return;
  section("models", modelsSection);
  if (!(await may("admin"))) return;
  const settings = get("/settings");
  section("appearance", (place) => languageSection(place, settings));
  section("reading", (place) => readingSection(place, settings));
  section("keeping", (place) => keepingSection(place, settings));
  section("calibration", calibrationSection);
  section("access", tokensSection);
  section("audit", auditSection);
});
