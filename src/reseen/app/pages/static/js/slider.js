/* How alike: a slider over all people's likeness that says what it means. */

import { $, h, show } from "./dom.js";
import { rich, t } from "./texts.js";
import { byChance, people, score } from "./words.js";

/** Expected false matches at a score, between measured points straight in the logarithm. */
function expectedAt(curve, value) {
  if (!curve?.length) return null;
  if (value < curve[0].score) return { ...curve[0], expected: Infinity, at_most: true };
  const last = curve[curve.length - 1];
  if (value >= last.score) return last;
  const index = curve.findIndex((point) => point.score > value);
  const [a, b] = [curve[index - 1], curve[index]];
  const share = (value - a.score) / (b.score - a.score);
  const log = (point) => Math.log(Math.max(point.expected, 1e-9));
  return { score: value, expected: Math.exp(log(a) + share * (log(b) - log(a))), at_most: a.at_most && b.at_most };
}

/** What the slider's place means, as nodes. */
function meaning(answer, value) {
  const found = expectedAt(answer.curve, value);
  if (!found) return [t("How many of these are somebody else by chance is not known for this model.")];
  const among = people(answer.people);
  const atMost = found.at_most || found.expected < 0.01;
  if (found.at_most && found.expected >= answer.people) return rich("How many of them are somebody else by chance is not known so far down.", {});
  const count = byChance(Math.max(found.expected, 0.01));
  const words = count === "1" ? t("1 false match") : t("{n} false matches", { n: count });
  const values = { n: h("b", {}, words), people: among };
  return atMost ? rich("Fewer than {n} expected among {people}.", values) : rich("About {n} expected among {people}.", values);
}

/** The slider; `moved(value)` is called as it moves. */
export class Likeness {
  constructor(moved) {
    this.input = $("#slider");
    this.input.addEventListener("input", () => {
      this.value = Number(this.input.value);
      this.paint();
      moved(this.value);
    });
  }

  /** Shows an answer's scores; the slider starts at the usual place, or where it was. */
  load(answer, value = answer.threshold) {
    this.answer = answer;
    const { edges, counts } = answer.histogram;
    const scores = answer.moments.map((moment) => moment.score);
    const low = Math.min(edges[0], answer.threshold, ...scores.slice(-1));
    const high = Math.max(edges[edges.length - 1], answer.threshold + 0.02, ...scores.slice(0, 1));
    Object.assign(this.input, { min: Math.floor(low * 100) / 100, max: Math.ceil(high * 100) / 100, step: 0.005 });
    this.edges = edges;
    const most = Math.max(...counts, 1);
    this.bars = counts.map((count) => h("i", { style: { height: `${count ? Math.max(5, (100 * Math.log1p(count)) / Math.log1p(most)) : 0}%` } }));
    show($("#hist"), this.bars);
    this.value = Math.min(Math.max(value, low), high);
    this.input.value = this.value;
    this.paint();
  }

  paint() {
    this.bars.forEach((bar, index) => bar.classList.toggle("hit", this.edges[index] >= this.value - 0.0025));
    const said = meaning(this.answer, this.value);
    const usual = Math.abs(this.value - this.answer.threshold) > 0.003
      ? h("button", { type: "button", class: "link", onclick: () => { this.input.value = this.answer.threshold; this.input.dispatchEvent(new Event("input")); } }, t("Back to the usual"))
      : null;
    show($("#mean"), said, usual && " ", usual);
    this.input.setAttribute("aria-valuetext", `${score(this.value)}. ${said.map((part) => part.textContent ?? part).join("")}`);
  }
}
