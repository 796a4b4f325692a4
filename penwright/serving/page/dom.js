// Elements made and found. Text goes in as text, never as HTML.

export const at = (id) => document.getElementById(id);

// Returns an element. Properties are set as such, "class" and names with a hyphen as attributes, functions as listeners.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "class" || name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

export const counted = (count, noun, plural = `${noun}s`) => `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;

// Shows a sentence to everybody, screen readers included; the text itself is never read aloud while it grows.
export function tell(sentence, isWrong = false) {
  at("status").textContent = sentence;
  at("status").classList.toggle("wrong", isWrong);
}

// Returns a function that calls another when it has not been called for a while.
export function settled(milliseconds, call) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), milliseconds);
  };
}
