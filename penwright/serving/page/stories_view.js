// All stories of this server: opened, begun, taken away, brought in from a file and taken out as one.

import {at, counted, make, tell} from "./dom.js";

const FORMS = ["txt", "md", "json", "epub"];
const MAX_BYTES = 40 << 20;

export class StoriesView {
  // parts: api, current() the id of the story that is open, onOpen(id), onNew(), onTitle(title), saved() a promise.
  constructor(parts) {
    Object.assign(this, parts);
    at("new-story").addEventListener("click", () => this.#try(() => this.onNew()));
    at("import").addEventListener("change", () => this.#import());
    at("title").addEventListener("change", () => this.onTitle(at("title").value.trim().slice(0, 300)));
    for (const form of FORMS) at(`export-${form}`).addEventListener("click", () => this.#export(form));
  }

  async show() {
    let stories;
    try {
      stories = await this.api.stories();
    } catch (error) {
      tell(error.message, true);
      return;
    }
    at("stories").replaceChildren(...stories.map((story) => this.#item(story)));
  }

  #item({id, title, num_chars: numChars, changed, damaged}) {
    const when = new Date(changed).toLocaleString(), name = title || "Without a title";
    const told = damaged ?? `${counted(numChars, "character")}, ${when}`;
    const open = make("button", {type: "button", class: "row", disabled: Boolean(damaged), click: () => this.#try(() => this.onOpen(id))},
      make("span", {class: "name"}, name), ` ${told}`);
    if (id === this.current()) open.setAttribute("aria-current", "true");
    return make("li", {class: "with-button"}, open,
      make("button", {type: "button", class: "small", "aria-label": `Take away ${name}`, click: () => this.#remove(id, name)}, "✕"));
  }

  async #remove(id, name) {
    if (!confirm(`Take “${name}” away? Its file stays in the folder of stories under the ending .deleted.`)) return;
    await this.#try(async () => {
      await this.api.remove(id);
      if (id === this.current()) await this.onNew({opensLast: true});
      await this.show();
    });
  }

  // Does something, and says what went wrong.
  async #try(work) {
    try {
      await work();
    } catch (error) {
      tell(error.message, true);
    }
  }

  async #export(form) {
    await this.saved();
    const link = make("a", {href: this.api.exportAddress(this.current(), form), download: `${at("title").value || "story"}.${form}`});
    document.body.append(link);
    link.click();
    link.remove();
  }

  async #import() {
    const [file] = at("import").files;
    at("import").value = "";
    if (!file) return;
    if (file.size > MAX_BYTES) {
      tell(`${file.name} is larger than ${MAX_BYTES >> 20} MB.`, true);
      return;
    }
    try {
      const {id} = await this.api.import(file.name.slice(-300), await base64Of(file));
      await this.onOpen(id);
      tell(`${file.name} is a story now.`);
    } catch (error) {
      tell(error.message, true);
    }
  }
}

async function base64Of(file) {
  const bytes = new Uint8Array(await file.arrayBuffer()), parts = [];
  for (let start = 0; start < bytes.length; start += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  return btoa(parts.join(""));
}
