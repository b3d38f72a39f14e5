/* Which cameras, and between when. */

import { get } from "./api.js";
import { $, h, settled, show } from "./dom.js";
import { t, tn } from "./texts.js";
import { cameras, fromInput, toInput } from "./words.js";

/** Draws the filters; `changed()` is called when one moved. */
export class Filters {
  constructor(changed) {
    this.cameras = [];
    this.left = new Set();
    const later = settled(350, changed);
    this.later = later;
    for (const name of ["#from", "#to"]) $(name).addEventListener("change", later);
  }

  async load() {
    this.cameras = await get("/cameras");
    const ends = this.cameras.flatMap((camera) => [camera.first, camera.last]).filter(Boolean).map((time) => new Date(time));
    if (ends.length) {
      const [least, most] = [new Date(Math.min(...ends)), new Date(Math.max(...ends))];
      for (const name of ["#from", "#to"]) Object.assign($(name), { step: 1, min: toInput(least), max: toInput(new Date(+most + 1000)) });
      $("#from").title = $("#to").title = t("Footage without a known clock is left out when a time is set.");
    }
    this.draw();
  }

  draw() {
    show($("#cameras-list"), this.cameras.map((camera) => h("label", { class: "option" },
      h("input", { type: "checkbox", checked: !this.left.has(camera.name), onchange: (event) => {
        if (event.target.checked) this.left.delete(camera.name);
        else this.left.add(camera.name);
        this.say();
        this.later();
      } }), h("span", {}, camera.name))));
    this.say();
  }

  say() {
    const kept = this.kept();
    $("#cameras-said").textContent = kept === null
      ? tn("The one camera", "All {count} cameras", this.cameras.length)
      : kept.length === 1 ? kept[0] : cameras(kept.length);
  }

  kept() {
    const kept = this.cameras.map((camera) => camera.name).filter((name) => !this.left.has(name));
    return kept.length === this.cameras.length || kept.length === 0 ? null : kept;
  }

  /** The part of a search that says where and when; what is not set is left out. */
  asked() {
    const asked = {};
    const cameras = this.kept();
    if (cameras) asked.cameras = cameras;
    const [start, end] = [fromInput($("#from").value), fromInput($("#to").value)];
    if (start) asked.start = start;
    if (end) asked.end = end;
    return asked;
  }

  restore({ cameras, start, end } = {}) {
    this.left = new Set(cameras ? this.cameras.map((camera) => camera.name).filter((name) => !cameras.includes(name)) : []);
    $("#from").value = start ? toInput(start) : "";
    $("#to").value = end ? toInput(end) : "";
    this.draw();
  }
}
