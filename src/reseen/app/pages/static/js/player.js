/* The player: the video itself, or its pictures one by one where a browser cannot play it. */

import { link } from "./api.js";
import { $, h } from "./dom.js";
import { t } from "./texts.js";

/** Plays a source; `shown(time)` is called for each picture that is on the screen. */
export class Player {
  constructor({ source, shown, state }) {
    this.source = source;
    this.shown = shown;
    this.state = state;
    this.fps = source.fps || 25;
    // Add this to a time of the video to get the time in the source.
    this.begins = source.begins || 0;
    this.duration = source.duration || 0;
    this.time = 0;
    this.screen = $("#screen");
    this.picture = $("#picture");
    this.screen.style.aspectRatio = `${source.width} / ${source.height}`;
    this.fit();
    new ResizeObserver(() => this.fit()).observe(this.screen);
    if (source.kind === "image" || source.kind === "still" || this.duration <= 0) this.still();
    else this.film();
  }

  /** As large as the screen allows, so that boxes in percent lie right. */
  fit() {
    const { clientWidth, clientHeight } = this.screen;
    const scale = Math.min(clientWidth / this.source.width, clientHeight / this.source.height);
    this.picture.style.width = `${this.source.width * scale}px`;
    this.picture.style.height = `${this.source.height * scale}px`;
  }

  film() {
    this.video = h("video", { src: link.video(this.source.id), preload: "auto", playsinline: true, "aria-label": t("The footage") });
    this.video.muted = true;
    this.picture.prepend(this.video);
    const { video } = this;
    const wait = h("span", { class: "spin waiting", hidden: true });
    this.screen.append(wait);
    video.addEventListener("waiting", () => { wait.hidden = false; });
    for (const name of ["playing", "seeked", "canplay"]) video.addEventListener(name, () => { wait.hidden = true; });
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.tell());
    video.addEventListener("error", () => this.failed());
    video.addEventListener("durationchange", () => { if (Number.isFinite(video.duration) && !this.source.duration) this.duration = video.duration; });
    video.addEventListener("loadedmetadata", () => {
      this.note("");
      if (Math.abs(video.currentTime - (this.time - this.begins)) > 0.001) video.currentTime = this.time - this.begins;
    });
    const each = (_, { mediaTime }) => {
      this.time = mediaTime + this.begins;
      this.shown(this.time);
      video.requestVideoFrameCallback(each);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(each);
    else for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, () => { this.time = video.currentTime + this.begins; this.shown(this.time); });
    this.screen.addEventListener("click", (event) => { if (!event.target.closest(".box.other")) this.toggle(); });
  }

  still() {
    this.image = h("img", { src: link.frame(this.source.id, 0), alt: t("The picture") });
    this.picture.prepend(this.image);
    this.state({ playing: false, still: true });
    requestAnimationFrame(() => this.shown(this.time));
  }

  /** A copy that the browser can play may be in the making: then it is waited for. */
  async failed() {
    const answer = await fetch(link.video(this.source.id), { headers: { range: "bytes=0-0" } }).catch(() => null);
    if (answer?.status !== 503 || !this.video) return this.pictures();
    this.note(t("The video is made ready for this browser…"));
    setTimeout(() => { if (this.video) this.video.load(); }, 1000 * (Number(answer.headers.get("retry-after")) || 3));
    return undefined;
  }

  note(text) {
    this.screen.querySelector(".note")?.remove();
    if (text) this.screen.append(h("p", { class: "note", role: "status" }, text));
  }

  /** The way out when the browser cannot play the video: its pictures, fetched one by one. */
  pictures() {
    if (this.image) return;
    this.video.remove();
    this.video = null;
    this.image = h("img", { alt: t("The footage") });
    this.image.addEventListener("load", () => this.shown(this.time));
    this.picture.prepend(this.image);
    this.note(t("This browser cannot play this video. It is shown picture by picture."));
    this.seek(this.time);
  }

  get playing() {
    return this.video ? !this.video.paused && !this.video.ended : Boolean(this.timer);
  }

  tell() {
    this.screen.classList.toggle("paused", !this.playing);
    this.state({ playing: this.playing, still: false });
  }

  seek(time) {
    const last = Math.max(0, this.duration - 0.5 / this.fps);
    this.time = Math.min(Math.max(time, 0), last || Math.max(time, 0));
    if (this.video) this.video.currentTime = this.time - this.begins;
    else if (this.image && this.duration > 0) this.image.src = link.frame(this.source.id, this.time, 1280);
  }

  toggle() {
    if (this.video) {
      if (this.playing) this.video.pause();
      else this.video.play().catch(() => this.tell());
    } else if (this.duration > 0) {
      if (this.timer) this.timer = clearInterval(this.timer) ?? null;
      else this.timer = setInterval(() => { if (this.image.complete) this.seek(this.time + 0.25); }, 250);
      this.tell();
    }
  }

  /** One picture on or back: to the middle of the next, which no rounding can miss. */
  step(direction) {
    if (!this.video) return this.seek(this.time + direction / this.fps);
    this.video.pause();
    const middle = this.time + (direction > 0 ? 1.5 : -0.5) / this.fps;
    this.video.currentTime = Math.min(Math.max(middle, 0), Math.max(0, this.duration - 0.5 / this.fps)) - this.begins;
    return undefined;
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.screen.requestFullscreen?.();
  }
}
