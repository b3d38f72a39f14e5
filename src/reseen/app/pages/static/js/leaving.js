/* Leaving a page waits for what is still on its way to the server: a quick verdict is not lost. */

let pending = 0;
let last = Promise.resolve();

/** Tells of work that must be done before the page is left. */
export function underway(work) {
  pending += 1;
  const done = () => { pending -= 1; };
  last = Promise.allSettled([last, work]);
  work.then(done, done);
  return work;
}

/** Goes to another page as soon as nothing is on its way. */
export async function leave(address, { replace = false } = {}) {
  while (pending) await last;
  if (replace) location.replace(address);
  else location.assign(address);
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!pending || !link || link.target || link.hasAttribute("download") || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  leave(link.href);
});
