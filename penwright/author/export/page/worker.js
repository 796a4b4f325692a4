// The worker: opens the author that the page hands it, and writes when it is asked to, so that the page stays alive.

const SLICE_MS = 25;

// Returns the parts of an author. The bytes: length of the description (uint32), the description in JSON, the arrays.
async function opened(packed) {
  const text = atob(packed), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const author = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const kinds = {float32: Float32Array, int8: Int8Array, uint8: Uint8Array, uint16: Uint16Array};
  const arrays = {};
  for (const {name, kind, start, count} of author.arrays) {
    if (kind === "rising") arrays[name] = accumulated(new Uint8Array(buffer, start, 4 * count));
    else arrays[name] = new kinds[kind](buffer, start, count);
  }
  const tables = author.hasTables && Object.fromEntries(
    Object.entries(arrays).filter(([name]) => name.startsWith("tables.")).map(([name, array]) => [name.slice(7), array]));
  const weights = new Map(author.weights.map((weight) => [weight.name, weightOf(weight, arrays)]));
  return {...author, marks: arrays.marks, weights, tables: tables || null};
}

// Returns rising numbers of 32 bits, whose differences are kept byte by byte: all low bytes, then the next.
function accumulated(planes) {
  const count = planes.length / 4, numbers = new Int32Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const step = planes[i] | planes[count + i] << 8 | planes[2 * count + i] << 16 | planes[3 * count + i] << 24;
    last = numbers[i] = (last + step) | 0;
  }
  return numbers;
}

// Returns a matrix as `addProduct` takes it, and a vector or a table, whose rows are taken as they are, as an array.
function weightOf({name, size, isProduct}, arrays) {
  const data = Float32Array.from(arrays[name]), scales = arrays[name + ".scale"];
  if (isProduct) return {data, size, scales: scales ?? new Float32Array(data.length / size).fill(1)};
  if (scales) for (let i = 0; i < data.length; i++) data[i] *= scales[Math.floor(i / size)];
  return data;
}

// Lets messages that have arrived be heard, at once: a timer would wait.
const doors = new MessageChannel();
let goOn = null;
doors.port1.onmessage = () => goOn();
function listen() {
  return new Promise((resolve) => {
    goOn = resolve;
    doors.port2.postMessage(null);
  });
}

let writer = null;
let present = 0;  // number of the text that is being written; any other ends it

async function write({number, prompt, sampling, seed, limits}) {
  present = number;
  const watch = new Watch(limits), text = writer.write(prompt, sampling, BigInt(seed));
  const began = performance.now();
  while (!watch.isOver && present === number) {
    const until = performance.now() + SLICE_MS;
    let written = "";
    while (!watch.isOver && performance.now() < until) {
      for (const character of text.next().value) {
        written += watch.push(character);
        if (watch.isOver) break;
      }
    }
    if (written) postMessage({kind: "text", number, text: written});
    await listen();
  }
  const seconds = (performance.now() - began) / 1000;
  postMessage({kind: "end", number, isOver: watch.isOver, numChars: watch.numChars, seconds});
}

onmessage = async ({data}) => {
  try {
    if (data.kind === "open") {
      writer = new Writer(await opened(data.packed));
      postMessage({kind: "ready"});
    } else if (data.kind === "write") {
      await write(data);
    } else {
      present = 0;
    }
  } catch (error) {
    postMessage({kind: "error", text: String(error.message ?? error)});
  }
};
