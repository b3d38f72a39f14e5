/* The line below the player: where the moments are, where the player is. */

import { $, h, show } from "./dom.js";
import { position } from "./words.js";

export class Scrub {
  constructor(player, marks) {
    this.player = player;
    this.place = $("#scrub");
    this.head = h("b");
    const { duration } = player;
    this.place.setAttribute("aria-valuemax", duration.toFixed(1));
    show(this.place, marks.map(({ start, end, on }) => h("i", { class: on ? "on" : "", style: { left: `${(100 * start) / duration}%`, width: `${(100 * Math.max(end - start, 0)) / duration}%` } })), this.head);
    this.place.hidden = duration <= 0;
    const at = (event) => {
      const { left, width } = this.place.getBoundingClientRect();
      player.seek((Math.min(Math.max((event.clientX - left) / width, 0), 1)) * duration);
    };
    this.place.onpointerdown = (event) => { this.place.setPointerCapture(event.pointerId); this.down = true; at(event); };
    this.place.onpointermove = (event) => { if (this.down) at(event); };
    this.place.onpointerup = this.place.onpointercancel = () => { this.down = false; };
    this.place.onkeydown = (event) => {
      const step = { ArrowLeft: -5, ArrowRight: 5, PageUp: 30, PageDown: -30, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      player.seek(Math.min(Math.max(player.time + step, 0), duration));
    };
  }

  at(time) {
    const { duration } = this.player;
    this.head.style.left = `${Math.min(100, (100 * time) / (duration || 1))}%`;
    this.place.setAttribute("aria-valuenow", time.toFixed(1));
    this.place.setAttribute("aria-valuetext", position(time, 1));
  }
}
