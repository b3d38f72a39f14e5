/* Moments on a lane per camera: what was looked through, what not, zoom, pan, and the shot on hovering. */

import { link } from "./api.js";
import { Axis } from "./axis.js";
import { h, icon, show } from "./dom.js";
import { lookAddress } from "./moments.js";
import { t } from "./texts.js";
import { length, score, sure, when, zone } from "./words.js";

const seconds = (wall) => new Date(wall).getTime() / 1000;

function begin(source) {
  return source.wall_start ? seconds(source.wall_start) : 0;
}

/** The timeline of an answer. */
export class Timeline {
  constructor(hooks) {
    this.hooks = hooks;
    this.element = h("div", { class: "stack" });
    this.peek = h("div", { class: "peek", hidden: true });
    document.body.append(this.peek);
    this.charts = [];
    new ResizeObserver(() => this.charts.forEach((chart) => chart.paint())).observe(this.element);
  }

  /** Draws what is in the filter: `sources` as the library has them, `moments` in view. */
  draw(answer, moments, sources) {
    if (this.answer !== answer) {
      this.answer = answer;
      const asked = sources.filter((source) => this.hooks.asked(source) && source.duration > 0);
      const groups = [asked.filter((source) => source.wall_start), asked.filter((source) => !source.wall_start)].filter((group) => group.length);
      this.charts = groups.map((group) => new Chart(this, answer, group));
      show(this.element, this.charts.map((chart) => chart.element), groups.length === 0 && h("p", { class: "empty" }, t("These are pictures without a clock: they have no place on a timeline.")));
    }
    this.charts.forEach((chart) => chart.put(moments));
  }

  hover(moment, element) {
    show(this.peek, h("img", { src: link.shot(moment.best_shot), alt: "" }), h("div", {}, h("b", {}, `${sure(moment.sure)} ${score(moment.score)}`), h("br"), moment.camera, h("br"), `${when(moment.wall_start, moment.start)} · ${length(moment.end - moment.start)}`));
    this.peek.hidden = false;
    const at = element.getBoundingClientRect();
    const { width, height } = this.peek.getBoundingClientRect();
    this.peek.style.left = `${Math.max(8, Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - 8))}px`;
    this.peek.style.top = `${at.top - height - 8 > 56 ? at.top - height - 8 : at.bottom + 8}px`;
  }

  leave() {
    this.peek.hidden = true;
  }
}

/** Lanes that share one axis: those with a clock, or those without. */
class Chart {
  constructor(timeline, answer, sources) {
    this.timeline = timeline;
    this.answer = answer;
    this.sources = sources;
    this.moments = [];
    this.hasClock = Boolean(sources[0].wall_start);
    const starts = sources.map(begin);
    const ends = sources.map((source) => begin(source) + (source.duration ?? 0));
    this.axis = new Axis(Math.min(...starts), Math.max(...ends), this.hasClock);
    this.lanes = [...new Set(sources.map((source) => source.camera))].sort().map((camera) => ({ camera, track: h("div", { class: "track" }) }));
    this.ticks = h("div");
    this.element = this.frame();
    this.lanes.forEach(({ track }) => this.gestures(track));
  }

  frame() {
    const name = this.hasClock ? t("Times in {zone}", { zone: zone(new Date(this.axis.start * 1000)) }) : t("Without a clock: time from the start of each recording");
    const press = (label, sign, run) => h("button", { type: "button", class: "btn ghost small", "aria-label": label, title: label, onclick: () => { run(); this.paint(); } }, icon(sign));
    return h("section", { class: "panel lanes", "aria-label": t("Timeline") },
      h("div", { class: "controls" }, h("span", { class: "grow" }, name),
        press(t("Earlier"), "back", () => this.axis.pan(-0.4)), press(t("Later"), "on", () => this.axis.pan(0.4)),
        press(t("Nearer"), "plus", () => this.axis.zoom(0.5)), press(t("Farther"), "minus", () => this.axis.zoom(2)),
        h("button", { type: "button", class: "btn ghost small", onclick: () => { this.axis.whole(); this.paint(); } }, t("Everything"))),
      this.lanes.map(({ camera, track }) => h("div", { class: "lane", role: "group", "aria-label": camera }, h("span", { title: camera }, camera), track)),
      h("div", { class: "ticks", "aria-hidden": "true" }, h("span"), this.ticks),
      h("div", { class: "legend" }, h("span", {}, h("i"), t("likely or very likely")), h("span", {}, h("i", { class: "unsure" }), t("unsure")), h("span", {}, h("i", { class: "seen" }), t("looked through")), h("span", {}, h("i", { class: "gap" }), t("not looked through"))));
  }

  put(moments) {
    const known = new Set(this.sources.map((source) => source.id));
    this.moments = moments.filter((moment) => known.has(moment.source_id));
    this.paint();
  }

  paint() {
    const width = this.ticks.clientWidth || 600;
    for (const lane of this.lanes) show(lane.track, this.stretches(lane.camera), this.found(lane.camera));
    show(this.ticks, this.axis.ticks(width).map(({ share, text }) => h("i", { class: share * width < 30 ? "first" : share * width > width - 30 ? "last" : "", style: { left: `${100 * share}%` } }, text)));
  }

  bar(className, from, to) {
    const [left, right] = [Math.max(this.axis.at(from), -0.01), Math.min(this.axis.at(to), 1.01)];
    return right < left ? null : h("i", { class: className, style: { left: `${100 * left}%`, width: `${100 * (right - left)}%` } });
  }

  stretches(camera) {
    return this.sources.filter((source) => source.camera === camera).map((source) => {
      const start = begin(source);
      const done = source.state === "done" || !source.progress ? 1 : source.progress.fraction ?? 0;
      const gaps = [...(source.skipped ?? [])];
      if (done < 1) gaps.push({ start: done * source.duration, end: source.duration, reason: "" });
      return [this.bar("seen", start, start + source.duration), gaps.map((gap) => this.bar("gap", start + gap.start, start + gap.end))];
    });
  }

  found(camera) {
    return this.moments.filter((moment) => moment.camera === camera).map((moment) => {
      const source = this.sources.find((one) => one.id === moment.source_id);
      const start = begin(source) + moment.start;
      const bar = this.bar("", start, Math.max(start + moment.end - moment.start, start + 0.2));
      if (!bar) return null;
      const words = `${sure(moment.sure)}, ${when(moment.wall_start, moment.start)}, ${length(moment.end - moment.start)}`;
      const judged = moment.verdict ?? (moment.sure === "unsure" ? "unsure" : "");
      const mark = h("a", { class: `moment ${judged}`, href: lookAddress(this.answer, moment), "aria-label": words, draggable: "false", dataset: { moment: moment.id },
        onpointerenter: () => this.timeline.hover(moment, mark), onpointerleave: () => this.timeline.leave(), onfocus: () => this.timeline.hover(moment, mark), onblur: () => this.timeline.leave() });
      mark.style.left = bar.style.left;
      mark.style.width = bar.style.width;
      return mark;
    });
  }

  gestures(track) {
    track.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && Math.abs(event.deltaX) < Math.abs(event.deltaY) && this.axis.span >= this.axis.most - this.axis.least && event.deltaY > 0) return;
      event.preventDefault();
      const { left, width } = track.getBoundingClientRect();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.axis.pan((event.deltaX || event.deltaY) / width);
      else this.axis.zoom(Math.exp(event.deltaY * 0.0016), (event.clientX - left) / width);
      this.paint();
    }, { passive: false });
    let last = null;
    let moved = false;
    track.addEventListener("pointerdown", (event) => { last = event.clientX; moved = false; });
    track.addEventListener("pointermove", (event) => {
      if (last === null || (!moved && Math.abs(event.clientX - last) < 4)) return;
      if (!moved) track.setPointerCapture(event.pointerId);
      moved = true;
      track.classList.add("dragging");
      this.axis.pan((last - event.clientX) / track.clientWidth);
      last = event.clientX;
      this.paint();
    });
    const end = () => { last = null; track.classList.remove("dragging"); };
    track.addEventListener("pointerup", end);
    track.addEventListener("pointercancel", end);
    track.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, { capture: true });
  }
}
