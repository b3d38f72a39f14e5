/* The server's own folders, as far as they may be looked into. */

import { get, query } from "./api.js";
import { dialog } from "./dialog.js";
import { h, icon, show } from "./dom.js";
import { doing, trouble } from "./messages.js";
import { t, tn } from "./texts.js";
import { bytes } from "./words.js";

const name = (path) => path.split(/[\\/]/).filter(Boolean).pop() ?? path;

/** A browser of folders; `chosen` is a Set of paths, `changed()` is called when it changes. */
export class Folders {
  constructor({ chosen, changed, single = false }) {
    this.chosen = chosen;
    this.changed = changed;
    this.single = single;
    this.crumbs = h("nav", { class: "crumbs", "aria-label": t("Folder") });
    this.list = h("ul", { class: "folder" });
    this.element = h("div", {}, this.crumbs, this.list);
    this.go(null).catch(trouble);
  }

  async go(path) {
    const found = await get(`/folders${query({ path })}`);
    const { entries } = found;
    show(this.crumbs, path === null ? h("span", {}, t("Folders on this machine")) : [
      h("button", { type: "button", class: "btn ghost small", onclick: () => this.go(found.parent).catch(trouble) }, icon("back"), t("Up")), h("span", {}, found.path)]);
    show(this.list, entries.map((entry) => this.row(entry)), found.more > 0 && h("li", { class: "soft" }, tn("{count} more is not listed", "{count} more are not listed", found.more)), entries.length === 0 && h("li", { class: "soft" }, path === null ? t("No folder may be looked into. Start Reseen with --root FOLDER to allow one, or upload.") : t("Nothing to look through here.")));
  }

  row(entry) {
    const { folder } = entry;
    const label = entry.name || name(entry.path);
    const tick = h("input", { type: this.single ? "radio" : "checkbox", name: "chosen", checked: this.chosen.has(entry.path), "aria-label": t("Choose {name}", { name: label }), onchange: () => {
      if (this.single) this.chosen.clear();
      if (tick.checked) this.chosen.add(entry.path);
      else this.chosen.delete(entry.path);
      this.changed();
    } });
    const size = folder ? "" : [entry.size ? bytes(entry.size) : "", entry.known ? t("already here") : ""].filter(Boolean).join(" · ");
    return h("li", {}, this.single && folder ? icon("folder") : tick,
      h("button", { type: "button", class: "open", onclick: () => { if (folder) this.go(entry.path).catch(trouble); else tick.click(); } }, !(this.single && folder) && icon(folder ? "folder" : "film"), label), h("small", {}, size), folder && icon("on"));
  }
}

/** Lets one file be chosen, and does something with its path. */
export function chooseOne(title, work) {
  const chosen = new Set();
  const go = h("button", { type: "button", class: "btn main", disabled: true, onclick: () => doing(go, async () => { await work([...chosen][0]); open.close(); }) }, t("This one"));
  const folders = new Folders({ chosen, single: true, changed: () => { go.disabled = chosen.size === 0; } });
  const open = dialog(title, folders.element, [go]);
}

export const chosenWords = (chosen) => tn("{count} chosen", "{count} chosen", chosen.size);
