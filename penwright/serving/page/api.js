// What the server is asked. Every error has the server's own sentence, and its status and code.

export class ServerError extends Error {
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, body, options = {}) {
  const sent = body === undefined ? {} : {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)};
  let response;
  try {
    response = await fetch(path, {...sent, credentials: "same-origin", ...options});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("The server does not answer. Is it still running?", 0, "no_server");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response) {
  let told = null;
  try {
    told = (await response.json()).error;
  } catch {}  // no JSON: a proxy, perhaps
  const sentence = told?.message ?? `The server answered with status ${response.status}.`;
  const hint = response.status === 401 ? " Open the address again that was shown when the server started." : "";
  return new ServerError(sentence[0].toUpperCase() + sentence.slice(1) + hint, response.status, told?.code);
}

const json = async (path, body, options) => (await ask(path, body, options)).json();

export const api = {
  about: () => json("/api/about"),
  run: () => json("/api/run"),
  stories: async () => (await json("/api/stories")).stories,
  create: (title) => json("/api/stories", {title}),
  read: (id, since = 0) => json(`/api/stories/${id}?since=${since}`),
  append: (id, revision, records, options) => json(`/api/stories/${id}/records`, {revision, records}, options),
  remove: (id) => json(`/api/stories/${id}/remove`, {}),
  exportAddress: (id, form) => `/api/stories/${id}/export?form=${form}`,
  import: (name, content) => json("/api/import", {name, content}),
  copies: async (text) => (await json("/api/copies", {text})).runs,
  complete: (fields, signal) => json("/v1/completions", fields, {signal}),
  stream,
};

// Yields choices as they are written: {index, text, finish_reason}. Leaving the loop or the signal ends the writing.
async function* stream(fields, signal) {
  const response = await ask("/v1/completions", {...fields, stream: true}, {signal});
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "", isDone = false;
  try {
    for (;;) {
      const {value, done} = await reader.read();
      if (done) break;
      const events = (waiting + value).split("\n\n");
      waiting = events.pop();
      for (const event of events) {
        if (!event.startsWith("data: ")) continue;
        if (event === "data: [DONE]") {
          isDone = true;
          continue;
        }
        const data = JSON.parse(event.slice(6));
        if (data.error) throw new ServerError(data.error.message, 200, data.error.code);
        yield* data.choices;
      }
    }
    if (!isDone) throw new ServerError("The server ended before the text did.", 200, "cut_off");
  } finally {
    reader.cancel().catch(() => {});
  }
}
