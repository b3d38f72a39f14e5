/* What was looked through, and what was not: always said, explained on demand. */

import { dialog } from "./dialog.js";
import { h, icon, scroller } from "./dom.js";
import { known } from "./known.js";
import { t, tn } from "./texts.js";
import { length, lost, people, position } from "./words.js";

/** The line below the headline. */
export function coverageLine(answer) {
  const { seconds, skipped } = answer.coverage;
  const parts = [t("{time} looked through", { time: length(seconds) }), people(answer.people)];
  const line = [parts.join(" · ")];
  if (skipped.length) {
    const words = lost(skipped) >= 0.5 ? t("{time} could not be read", { time: length(lost(skipped)) }) : tn("{count} source was not looked through", "{count} sources were not looked through", skipped.length);
    line.push(" · ", h("button", { type: "button", class: "link warn-text", onclick: () => explain(answer) }, words));
  } else line.push(" · ", h("button", { type: "button", class: "link", onclick: () => explain(answer) }, t("all of it could be read")));
  for (const warning of answer.query.warnings ?? []) line.push(" ", h("span", { class: "chip warn" }, icon("warn"), known(warning)));
  return line;
}

function explain(answer) {
  const { seconds, skipped, sources } = answer.coverage;
  const rows = skipped.map((gap) => h("tr", {}, h("td", {}, gap.source), h("td", { class: "nowrap" }, gap.end > gap.start ? `${position(gap.start)} – ${position(gap.end)}` : t("all of it")), h("td", {}, known(gap.reason))));
  dialog(t("What was looked through"), [
    h("p", {}, tn("{time} in {count} source, with {people}.", "{time} in {count} sources, with {people}.", sources, { time: length(seconds), people: people(answer.people) })),
    skipped.length
      ? scroller(t("Not looked through"), h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("Source")), h("th", {}, t("Not looked through")), h("th", {}, t("Why")))), h("tbody", {}, rows)))
      : h("p", {}, t("Nothing in it was left out.")),
    answer.hidden > 0 && h("p", {}, tn("{count} was left out: somebody said that it is no person.", "{count} were left out: somebody said that they are no persons.", answer.hidden)),
    h("p", { class: "soft" }, t("Somebody in footage that was not looked through cannot be found, and is never said to be absent.")),
  ], [], { wide: skipped.length > 0 });
}
