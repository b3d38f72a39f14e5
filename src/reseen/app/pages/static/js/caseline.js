/* The case a search belongs to, above its results. */

import { patch } from "./api.js";
import { asked } from "./dialog.js";
import { h, icon, show } from "./dom.js";
import { trouble } from "./messages.js";
import { t } from "./texts.js";
import { length, people } from "./words.js";

/** What is new in the library since a case was last opened; empty when nothing is. */
export function newSince(found) {
  const { people: count = 0, seconds = 0 } = found.new_since ?? {};
  if (!count && !(seconds > 0.5)) return "";
  return t("New since you last looked: {people} in {time}", { people: people(count), time: length(seconds) });
}

export class CaseLine {
  constructor(place) {
    this.place = place;
  }

  draw(found) {
    this.place.hidden = !found;
    if (!found) return;
    const fresh = newSince(found);
    show(this.place, icon("note"), h("span", {}, t("Case"), " "), h("a", { href: `/cases?case=${found.id}` }, h("b", {}, found.name)),
      fresh && h("span", { class: "chip" }, fresh), h("span", { class: "grow" }),
      h("small", {}, t("Your verdicts are kept here.")),
      h("button", { type: "button", class: "btn ghost small", onclick: () => this.rename(found) }, t("Rename")));
  }

  async rename(found) {
    const name = await asked(t("Name of the case"), t("Name"), found.name);
    if (!name) return;
    try {
      Object.assign(found, await patch(`/cases/${found.id}`, { name }));
      this.draw(found);
    } catch (error) {
      trouble(error);
    }
  }
}
