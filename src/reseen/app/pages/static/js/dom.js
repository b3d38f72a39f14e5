/* Elements made in code: text is always text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element; `on…` are listeners, booleans set or leave out an attribute, `style` goes through CSSOM. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name in element && ["value", "checked", "disabled", "hidden", "indeterminate"].includes(name)) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...present(children));
  return element;
}

/** Children as they were given, without those that are left out. */
const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** A drawing of the sprite in the page's head. */
export function icon(name) {
  const use = svg("use");
  use.setAttribute("href", `#i-${name}`);
  return svg("svg", { class: "icon", "aria-hidden": "true" }, use);
}

export function show(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

/** A table that may be wider than the page: to be scrolled by keyboard too. */
export function scroller(label, ...children) {
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, children);
}

/** Names and what they stand for, in two columns. */
export function facts(rows) {
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

export const $ = (selector, from = document) => from.querySelector(selector);

/** Calls at most once within `wait` ms, after the last call. */
export function settled(wait, call) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), wait);
  };
}

/** Calls at once, then at most every `wait` ms. */
export function paced(wait, call) {
  let timer = 0;
  let again = false;
  return function run() {
    if (timer) {
      again = true;
      return;
    }
    call();
    timer = setTimeout(() => {
      timer = 0;
      if (again) {
        again = false;
        run();
      }
    }, wait);
  };
}
