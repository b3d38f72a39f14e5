/* Messages in the page's language; the English ones are their own keys. */

const language = document.documentElement.lang || "en";
const table = language.startsWith("en") ? {} : await fetched();

async function fetched() {
  const answer = await fetch(`/api/v1/texts?language=${encodeURIComponent(document.documentElement.dataset.language)}`);
  return answer.ok ? answer.json() : {};
}

function put(message, values) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** The message in the user's language, `{name}` replaced by values. */
export function t(message, values = {}) {
  const found = table[message];
  return put(typeof found === "string" ? found : message, values);
}

/** One or many; `{count}` is the number, written as the language does. */
export function tn(one, many, count, values = {}) {
  const forms = table[one];
  const english = count === 1 ? one : many;
  const message = Array.isArray(forms) ? forms[Math.min(forms.length - 1, count === 1 ? 0 : 1)] : english;
  return put(message, { count: new Intl.NumberFormat(language).format(count), ...values });
}

/** The message as nodes, so that a value can be an element. */
export function rich(message, values) {
  return t(message).split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name in values ? values[name] : part;
  });
}

export { language };
