/* A span of time on a width: positions, zoom, and where the ticks go. */

import { clock, day, minute, position } from "./words.js";

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];

/** Times are seconds; with a clock they are seconds since 1970. */
export class Axis {
  constructor(start, end, hasClock) {
    this.least = start;
    this.most = Math.max(end, start + 1);
    this.hasClock = hasClock;
    this.whole();
  }

  whole() {
    this.start = this.least;
    this.end = this.most;
  }

  get span() {
    return this.end - this.start;
  }

  /** Share of the width, 0..1 within view. */
  at(time) {
    return (time - this.start) / this.span;
  }

  /** Makes the span `factor` as long around a share of the width. */
  zoom(factor, share = 0.5) {
    const span = Math.min(Math.max(this.span * factor, 2), this.most - this.least);
    const middle = this.start + share * this.span;
    this.start = middle - share * span;
    this.end = this.start + span;
    this.within();
  }

  pan(share) {
    const by = share * this.span;
    this.start += by;
    this.end += by;
    this.within();
  }

  within() {
    const span = Math.min(this.span, this.most - this.least);
    this.start = Math.min(Math.max(this.start, this.least), this.most - span);
    this.end = this.start + span;
  }

  /** Ticks as {share, text}; about one each 110 pixels. */
  ticks(width) {
    const step = STEPS.find((one) => (one / this.span) * width >= 92) ?? STEPS[STEPS.length - 1];
    const shift = this.hasClock ? new Date(this.start * 1000).getTimezoneOffset() * 60 : 0;
    const ticks = [];
    let lastDay = "";
    for (let time = Math.ceil((this.start - shift) / step) * step + shift; time <= this.end; time += step) {
      const at = new Date(time * 1000);
      let text = position(time);
      if (this.hasClock) {
        const today = day(at);
        text = step >= 86400 ? "" : step < 60 ? clock(at) : minute(at);
        if (today !== lastDay) text = text ? `${text}\n${today}` : today;
        lastDay = today;
      }
      ticks.push({ share: this.at(time), text });
    }
    return ticks;
  }
}
