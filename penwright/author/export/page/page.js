'use strict';
(() => {
  const MAX_SEED = 2n ** 63n - 1n;
  const at = (id) => document.getElementById(id);
  const status = at("status"), written = at("written"), seed = at("seed");
  let number = 0;  // of the text that is shown
  let isWriting = false;
  let isReady = false;
  let began = 0;
  let numChars = 0;
  let node = null;

  function tell(text, isWrong = false) {
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }

  function show() {
    at("write").disabled = !isReady || isWriting;
    at("stop").disabled = !isWriting;
    at("copy").disabled = !written.textContent;
  }

  function newSeed() {
    seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
  }

  function counted(count, seconds) {
    const speed = seconds > 0.2 ? `, ${Math.round(count / seconds).toLocaleString("en")} a second` : "";
    return `${count.toLocaleString("en")} character${count === 1 ? "" : "s"}${speed}`;
  }

  function openWorker() {
    const source = new Blob([at("worker").textContent], {type: "text/javascript"});
    const worker = new Worker(URL.createObjectURL(source));
    worker.onmessage = ({data}) => hear(data);
    worker.onerror = (event) => fail(event.message || "the program did not start");
    const author = at("author");
    worker.postMessage({kind: "open", packed: author.textContent});
    author.remove();
    return worker;
  }

  function fail(text) {
    isWriting = false;
    tell(`The author cannot write: ${text}`, true);
    show();
  }

  function hear(data) {
    if (data.kind === "ready") {
      isReady = true;
      tell("Ready.");
    } else if (data.kind === "error") {
      fail(data.text);
    } else if (data.number === number && data.kind === "text") {
      const isAtEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
      node.appendData(data.text);
      numChars += Array.from(data.text).length;
      tell(counted(numChars, (performance.now() - began) / 1000));
      if (isAtEnd) window.scrollTo(0, document.documentElement.scrollHeight);
    } else if (data.number === number && data.kind === "end") {
      isWriting = false;
      tell(`${data.isOver ? "Done" : "Stopped"}: ${counted(numChars, data.seconds)}, seed ${seed.value}.`);
      document.body.dataset.speed = String(numChars / data.seconds);
    }
    show();
  }

  function between(id, low, high, isWhole = false) {
    const value = at(id).valueAsNumber;
    if (value >= low && value <= high && (!isWhole || Number.isInteger(value))) return value;
    at(id).closest("details").open = true;
    at(id).focus();
    tell(`That must be a${isWhole ? " whole" : ""} number between ${low} and ${high}.`, true);
    return null;
  }

  function write() {
    if (!isReady || isWriting) return;
    if (!at("lock").checked) newSeed();
    seed.value = seed.value.trim();
    if (!/^[0-9]{1,19}$/.test(seed.value) || BigInt(seed.value) > MAX_SEED) {
      seed.focus();
      tell(`A seed is a whole number from 0 to ${MAX_SEED}.`, true);
      return;
    }
    const minP = between("min-p", 0, 1), topK = between("top-k", 0, 65536, true), topP = between("top-p", 1e-9, 1);
    if (minP === null || topK === null || topP === null) return;
    const prompt = at("prompt").value, words = at("length").value;
    const begun = document.createElement("span");
    begun.className = "prompt";
    begun.textContent = prompt;
    node = document.createTextNode("");
    written.replaceChildren(begun, node);
    numChars = 0;
    number++;
    began = performance.now();
    isWriting = true;
    tell(prompt ? "Reading …" : "Writing …");
    show();
    const limits = {chars: null, words: words ? Number(words) : null, paragraphs: null};
    // A page that is driven by another program may ask for a number of characters.
    if (document.body.dataset.chars) Object.assign(limits, {chars: Number(document.body.dataset.chars), words: null});
    const sampling = {temperature: at("heat").valueAsNumber, topK, topP, minP};
    worker.postMessage({kind: "write", number, prompt, sampling, seed: seed.value, limits});
  }

  function stop() {
    if (isWriting) worker.postMessage({kind: "stop"});
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(written.textContent);
    } catch {  // a page from disk may lack the clipboard
      const range = document.createRange();
      range.selectNodeContents(written);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    tell("Copied.");
  }

  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  at("stop").addEventListener("click", stop);
  at("copy").addEventListener("click", copy);
  at("heat").addEventListener("input", () => {
    at("heat-shown").textContent = at("heat").valueAsNumber.toFixed(2);
  });
  seed.addEventListener("input", () => {
    at("lock").checked = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      write();
    } else if (event.key === "Escape") {
      stop();
    }
  });

  newSeed();
  let worker = null;
  try {
    worker = openWorker();
  } catch (error) {
    fail(String(error.message ?? error));
  }
})();
