/* Boxes over the picture: the wanted person's, and everybody else's on hovering. */

import { h } from "./dom.js";
import { t } from "./texts.js";

/** Draws boxes in percent of the picture, so that they fit at every size. */
export class Overlay {
  constructor(place, { label, wanted, find }) {
    this.place = place;
    this.label = label;
    this.wanted = wanted;
    this.find = find;
    this.boxes = new Map();
  }

  /** Shows these people; `width` and `height` are the footage's. */
  draw(people, width, height) {
    const here = new Set(people.map((one) => one.person));
    for (const [person, element] of this.boxes) {
      if (!here.has(person)) {
        element.remove();
        this.boxes.delete(person);
      }
    }
    for (const one of people) {
      const element = this.boxes.get(one.person) ?? this.make(one);
      // Somebody who leaves the picture has a box beyond its edge; what is drawn ends there.
      const [x1, y1, x2, y2] = one.box.map((value, index) => Math.min(Math.max(value, 0), index % 2 ? height : width));
      element.style.left = `${(100 * x1) / width}%`;
      element.style.top = `${(100 * y1) / height}%`;
      element.style.width = `${(100 * (x2 - x1)) / width}%`;
      element.style.height = `${(100 * (y2 - y1)) / height}%`;
      element.firstElementChild.classList.toggle("in", y1 / height < 0.06);
    }
  }

  make(one) {
    const wanted = this.wanted(one);
    const element = wanted
      ? h("div", { class: "box", dataset: { person: one.person } }, h("em", {}, this.label))
      : h("button", { type: "button", class: "box other", dataset: { person: one.person }, "aria-label": t("Find this person"), onclick: () => this.find(one.person) }, h("em", {}, t("Find this person")));
    this.place.append(element);
    this.boxes.set(one.person, element);
    return element;
  }

  focused() {
    return document.activeElement?.closest?.(".box.other")?.dataset.person ?? this.place.querySelector(".box.other:hover")?.dataset.person ?? null;
  }
}
