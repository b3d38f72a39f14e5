/* Moments as cards, best first. */

import { link } from "./api.js";
import { h, icon, show } from "./dom.js";
import { lookAddress } from "./moments.js";
import { t } from "./texts.js";
import { length, score, sure, when } from "./words.js";

const STEP = 60;

/** Draws cards and keeps those it has drawn; `hooks` are told what the user did. */
export class Cards {
  constructor(hooks) {
    this.hooks = hooks;
    this.kept = new Map();
    this.root = h("div", { class: "cards" });
    this.root.addEventListener("keydown", (event) => this.arrows(event));
    this.more = h("button", { type: "button", class: "btn", onclick: () => { this.limit += STEP * 2; this.draw(this.answer, this.moments); } }, t("Show more"));
    this.element = h("div", {}, this.root, h("div", { class: "more" }, this.more));
    this.limit = STEP;
  }

  draw(answer, moments) {
    if (this.answer !== answer) {
      this.kept.clear();
      this.limit = STEP;
    }
    this.answer = answer;
    this.moments = moments;
    show(this.root, moments.slice(0, this.limit).map((moment) => this.card(moment)));
    this.more.parentElement.hidden = moments.length <= this.limit;
  }

  card(moment) {
    if (!this.kept.has(moment.id)) this.kept.set(moment.id, this.make(moment));
    this.mark(moment);
    return this.kept.get(moment.id);
  }

  make(moment) {
    const seen = `${when(moment.wall_start, moment.start, true)} · ${length(moment.end - moment.start)}`;
    const says = `${moment.camera}, ${seen}, ${sure(moment.sure)}`;
    const picture = link.shot(moment.best_shot);
    const judge = (verdict, className, label, sign, name) => h("button", { type: "button", class: `round ${className}`, tabindex: "-1", "aria-pressed": "false", "aria-label": `${label}: ${says}`, title: `${label} (${name})`, onclick: () => this.hooks.judge(moment, verdict) }, icon(sign));
    return h("article", { class: "panel card", dataset: { moment: moment.id } },
      h("a", { class: "shot", href: lookAddress(this.answer, moment), "aria-label": says },
        h("img", { class: "back", src: picture, alt: "", loading: "lazy" }), h("img", { class: "front", src: picture, alt: "", loading: "lazy" })),
      h("label", { class: "choose", title: t("Choose") }, h("input", { type: "checkbox", tabindex: "-1", "aria-label": `${t("Choose")}: ${says}`, onchange: (event) => this.hooks.choose(moment, event.target.checked) })),
      h("div", { class: "verdict", "data-for": "searcher" }, judge("confirmed", "yes", t("Same person"), "check", "y"), judge("rejected", "no", t("Someone else"), "cross", "n")),
      h("div", { class: "meta" }, h("h3", { title: moment.source }, moment.camera), h("small", {}, seen),
        h("div", { class: "score" }, h("b", { class: "word" }, sure(moment.sure)), h("span", { class: "bar" }, h("b", { style: { width: `${100 * Math.max(0, Math.min(1, moment.score))}%` } })), score(moment.score)),
        h("div", { class: "chips state" })));
  }

  /** Shows a moment's verdict, whether it was taken away, whether it is chosen. */
  mark(moment) {
    const card = this.kept.get(moment.id);
    if (!card) return;
    card.classList.toggle("yes", moment.verdict === "confirmed");
    card.classList.toggle("no", moment.verdict === "rejected");
    card.querySelector(".round.yes").setAttribute("aria-pressed", String(moment.verdict === "confirmed"));
    card.querySelector(".round.no").setAttribute("aria-pressed", String(moment.verdict === "rejected"));
    card.querySelector("input").checked = this.hooks.chosen(moment);
    const state = [
      moment.verdict === "confirmed" && h("span", { class: "chip" }, icon("check"), t("Same person")),
      moment.verdict === "rejected" && h("span", { class: "chip bad" }, icon("cross"), t("Someone else")),
      moment.new && h("span", { class: "chip" }, t("new")),
      moment.exported && h("span", { class: "chip quiet" }, icon("download"), t("taken away")),
    ].filter(Boolean);
    show(card.querySelector(".state"), state);
  }

  /** The moment whose card has the focus, or was last pointed at. */
  focused() {
    const card = document.activeElement?.closest?.(".card") ?? this.root.querySelector(".card:hover");
    return card ? this.moments.find((moment) => String(moment.id) === card.dataset.moment) : null;
  }

  arrows(event) {
    const cards = [...this.root.children];
    const index = cards.indexOf(event.target.closest(".card"));
    const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step === undefined || index < 0) return;
    event.preventDefault();
    event.stopPropagation();
    cards[index + step]?.querySelector("a.shot").focus();
  }
}
