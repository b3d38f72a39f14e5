/* A wall of any length: only the tiles in view exist, and they are used again. */

import { h } from "./dom.js";

const PAGE = 100;

/** Draws `count` tiles; `fetchPage(offset, limit)` gets people, `fill(tile, person, before)` draws one. */
export class Wall {
  constructor(place, { fetchPage, fill, top }) {
    this.place = place;
    this.fetchPage = fetchPage;
    this.fill = fill;
    this.top = top;
    this.tiles = new Map();
    this.spare = [];
    this.reset(0);
    let due = false;
    const soon = () => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; this.draw(); });
    };
    addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(() => { this.measure(); soon(); }).observe(place);
    place.addEventListener("keydown", (event) => this.arrows(event));
  }

  reset(count) {
    this.count = count;
    this.pages = new Map();
    this.focus = 0;
    for (const tile of [...this.tiles.values(), ...this.spare]) tile.remove();
    this.tiles.clear();
    this.spare = [];
    this.measure();
    this.draw();
  }

  measure() {
    const width = this.place.clientWidth || 1;
    const gap = 8;
    this.columns = Math.max(3, Math.floor((width + gap) / (width < 600 ? 84 : 104)));
    this.tile = (width + gap) / this.columns - gap;
    this.stepX = this.tile + gap;
    this.height = Math.round(this.tile * 1.75);
    this.stepY = this.height + gap;
    this.place.style.height = `${Math.ceil(this.count / this.columns) * this.stepY}px`;
  }

  /** Row range in view, with some rows around it. */
  range(around) {
    const top = this.place.getBoundingClientRect().top;
    const first = Math.floor((-top - around) / this.stepY) * this.columns;
    const last = Math.ceil((innerHeight - top + around) / this.stepY) * this.columns;
    return [Math.max(first, 0), Math.min(last, this.count)];
  }

  draw() {
    if (!this.stepY) return;
    const [first, last] = this.range(innerHeight * 0.5);
    for (const [index, tile] of this.tiles) {
      if (index >= first && index < last) continue;
      if (tile.contains(document.activeElement)) continue;
      this.tiles.delete(index);
      tile.hidden = true;
      this.spare.push(tile);
    }
    for (let index = first; index < last; index += 1) this.put(index);
    const [seen] = this.range(-60);
    this.top(this.person(seen) ?? null);
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(first, last), 60);
  }

  put(index) {
    let tile = this.tiles.get(index);
    if (!tile) {
      tile = this.spare.pop() ?? this.place.appendChild(h("div", { class: "tile" }));
      tile.hidden = false;
      tile.dataset.person = "";
      tile.classList.add("waiting");
      this.tiles.set(index, tile);
    }
    Object.assign(tile.style, { left: `${(index % this.columns) * this.stepX}px`, top: `${Math.floor(index / this.columns) * this.stepY}px`, width: `${this.tile}px`, height: `${this.height}px` });
    const person = this.person(index);
    if (person && tile.dataset.person !== String(person.person)) {
      tile.dataset.person = person.person;
      tile.classList.remove("waiting");
      this.fill(tile, person, index, this.person(index - 1));
    }
  }

  person(index) {
    const page = this.pages.get(Math.floor(index / PAGE));
    return Array.isArray(page) ? page[index % PAGE] : undefined;
  }

  /** Fetches the pages in view, once each; those far from it wait until they are scrolled to. */
  ask(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(last - 1, 0) / PAGE); page += 1) {
      if (this.pages.has(page) || page * PAGE >= this.count) continue;
      const { pages } = this;
      pages.set(page, this.fetchPage(page * PAGE, PAGE).then((people) => { pages.set(page, people); if (pages === this.pages) this.draw(); }, () => pages.delete(page)));
    }
  }

  arrows(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, PageUp: -4 * this.columns, PageDown: 4 * this.columns, Home: -this.count, End: this.count }[event.key];
    const found = [...this.tiles].find(([, tile]) => tile.contains(event.target));
    if (step === undefined || !found) return;
    event.preventDefault();
    event.stopPropagation();
    this.focusOn(Math.min(Math.max(found[0] + step, 0), this.count - 1));
  }

  focusOn(index) {
    this.focus = index;
    const y = this.place.offsetTop + Math.floor(index / this.columns) * this.stepY;
    if (y < scrollY + 110 || y + this.height > scrollY + innerHeight) scrollTo({ top: y - innerHeight / 2, behavior: "instant" });
    this.draw();
    const reach = (tries) => {
      const button = this.tiles.get(index)?.querySelector("button");
      if (button) {
        for (const one of this.place.querySelectorAll("button.find-this")) one.tabIndex = one === button ? 0 : -1;
        button.focus({ preventScroll: true });
      } else if (tries) setTimeout(() => reach(tries - 1), 60);
    };
    reach(40);
  }
}
