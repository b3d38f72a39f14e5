/* Moments that are chosen: to take away, to join, to take apart. */

import { post } from "./api.js";
import { $, h, show } from "./dom.js";
import { doing, say } from "./messages.js";
import { t, tn } from "./texts.js";

/** The bar that appears as soon as a moment is chosen. */
export class ChosenBar {
  constructor(hooks) {
    this.hooks = hooks;
    this.moments = new Map();
  }

  get size() {
    return this.moments.size;
  }

  has(moment) {
    return this.moments.has(moment.id);
  }

  list(visible) {
    return visible.filter((moment) => this.has(moment));
  }

  set(moment, on) {
    if (on) this.moments.set(moment.id, moment);
    else this.moments.delete(moment.id);
    this.hooks.changed(moment);
    this.draw();
  }

  clear() {
    const before = [...this.moments.values()];
    this.moments.clear();
    before.forEach(this.hooks.changed);
    this.draw();
  }

  draw() {
    const bar = $("#chosen");
    const moments = [...this.moments.values()];
    bar.hidden = moments.length === 0;
    $("#shown").classList.toggle("choosing", moments.length > 0);
    const several = moments.length > 1;
    const apart = moments.length === 1 && moments[0].tracklets.length > 1;
    show(bar,
      h("b", {}, tn("{count} chosen", "{count} chosen", moments.length)), h("span", { class: "grow" }),
      h("button", { type: "button", class: "btn small", onclick: () => this.hooks.away(moments) }, t("Take away…")),
      several && h("button", { type: "button", class: "btn small", title: t("They are shown and judged as one from now on"), onclick: (event) => this.change(event.currentTarget, "join", moments.map((moment) => moment.tracklets)) }, t("These are one person")),
      apart && h("button", { type: "button", class: "btn small", title: t("Its stretches are shown and judged one by one"), onclick: (event) => this.change(event.currentTarget, "split", moments[0].tracklets.map((one) => [one])) }, t("Take apart")),
      h("button", { type: "button", class: "btn ghost small", onclick: () => this.clear() }, t("Choose none")));
  }

  change(button, kind, tracklets) {
    return doing(button, async () => {
      const found = await this.hooks.verdicts.keep();
      await post(`/cases/${found.id}/${kind}`, { tracklets });
      say(kind === "join" ? t("Joined: one person from now on.") : t("Taken apart."));
      await this.hooks.reload(true);
    });
  }
}
