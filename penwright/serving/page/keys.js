// The keys, and the panels that they open.

import {at} from "./dom.js";

const PANELS = ["tree", "author", "words", "first", "stories", "help", "training"];

export function bindKeys({generating, candidates, editor, undo, redo, words, tree, training}) {
  const shows = {tree: () => tree.show(), training: () => training.show()};

  function panel(name) {
    const isOpen = name !== null && at(`panel-${name}`).hidden;
    for (const each of PANELS) {
      at(`panel-${each}`).hidden = !(isOpen && each === name);
      at(`tab-${each}`).setAttribute("aria-expanded", String(isOpen && each === name));
    }
    document.body.classList.toggle("with-panel", isOpen);
    if (isOpen) {
      shows[name]?.();
      (at(`panel-${name}`).querySelector("[aria-current]") ?? at(`panel-${name}`).querySelector("button, input, select"))?.focus();
    } else {
      at("text").focus();
    }
  }
  PANELS.forEach((name) => at(`tab-${name}`).addEventListener("click", () => panel(name)));

  // Esc does the first of these that there is to do.
  function escape() {
    if (generating.isWriting) return generating.stop();
    if (generating.dismiss()) return;
    if (candidates.isOpen) return candidates.close();
    if (document.body.classList.contains("with-panel")) panel(null);
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || editor()?.isComposing || !editor()) return;
    const command = event.ctrlKey || event.metaKey, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isInText = event.target === at("text");
    let isDone = true;
    if (key === "Escape") escape();
    else if (key === "Enter" && command && event.shiftKey) generating.retry();
    else if (key === "Enter" && command) generating.continue();
    else if (key === "Enter" && event.altKey) generating.suggest();
    else if (key === "Tab" && isInText && !event.shiftKey && !command && generating.suggestion) isDone = generating.accept({isWhole: true});
    else if (key === "Tab" && isInText && generating.isWriting) isDone = editor().ghost !== "";  // it is still coming
    else if (key === "ArrowRight" && command && isInText && generating.suggestion) isDone = generating.accept({isWhole: false});
    else if (command && key === "z" && isInText) event.shiftKey ? redo() : undo();
    else if (command && key === "y" && isInText) redo();
    else if (event.altKey && /^[1-7]$/.test(key) && !command && !at(`tab-${PANELS[Number(key) - 1]}`).hidden) panel(PANELS[Number(key) - 1]);
    else if (event.altKey && key === "a" && !command) words.alternatives();
    else isDone = false;
    if (isDone) event.preventDefault();
  });
  at("text").addEventListener("beforeinput", (event) => {
    if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return;
    event.preventDefault();
    event.inputType === "historyUndo" ? undo() : redo();
  });
}
