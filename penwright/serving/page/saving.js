// Records on their way to the server. Nothing leaves the queue before the server has said that it is on the disk. What
// another window wrote meanwhile is taken into the tree, and the records are sent again.

const DELAYS = [1000, 2000, 5000, 10000];  // after failures
const MAX_AT_ONCE = 500;

export class Saving {
  // story: {load}. onState is called with "saved", "saving" or a sentence on what is wrong, and true if trying again does
  // not help; onMerge after a merge.
  constructor(api, id, revision, story, {onState, onMerge, delay = 300}) {
    Object.assign(this, {api, id, revision, story, onState, onMerge, delay});
    this.queue = [];
    this.timer = 0;
    this.failures = 0;
    this.sending = null;
    this.isClosed = false;
  }

  get isSaved() {
    return !this.queue.length;
  }

  push(record) {
    if (this.isClosed) return;
    // A head or a choice of labels that is passed over at once need not be kept.
    const isPassing = ["head", "as"].includes(record.kind) && this.queue.at(-1)?.kind === record.kind;
    if (isPassing && this.queue.length > this.inFlight) this.queue.pop();
    this.queue.push(record);
    this.onState("saving");
    this.#plan(this.delay);
  }

  inFlight = 0;

  // Sends what there is now, and returns when all of it is kept or has failed.
  async flush() {
    clearTimeout(this.timer);
    while (this.sending) await this.sending;
    while (this.queue.length && !this.isClosed) {
      this.sending = this.#send();
      const isSent = await this.sending;
      this.sending = null;
      if (!isSent) return;
    }
  }

  #plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  async #send() {
    const batch = this.queue.slice(0, MAX_AT_ONCE);
    this.inFlight = batch.length;
    try {
      const {revision} = await this.api.append(this.id, this.revision, batch);
      this.revision = revision;
      this.queue.splice(0, batch.length);
      this.failures = 0;
      if (!this.queue.length) this.onState("saved");
      return true;
    } catch (error) {
      if (error.code === "revision_conflict") return await this.#merge();
      return this.#fail(error);
    } finally {
      this.inFlight = 0;
    }
  }

  // Takes in what the story has on the disk and here not. Records that did arrive are not sent twice.
  async #merge() {
    try {
      const {revision, records} = await this.api.read(this.id, this.revision);
      const known = new Set(records.filter((record) => record.kind === "node").map((record) => record.id));
      const own = new Set(this.queue.filter((record) => record.kind === "node").map((record) => record.id));
      this.queue = this.queue.filter((record) => record.kind !== "node" || !known.has(record.id));
      const isLabelled = this.queue.some((record) => record.kind === "as");  // the choice made here is sent again, and holds
      const taken = records.filter((record) => record.kind !== "as" || !isLabelled);
      this.story.load(taken, {movesHead: false});
      this.revision = revision;
      if ([...known].some((id) => !own.has(id)) || taken.some((record) => record.kind === "as")) this.onMerge();
      return true;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error) {
    this.failures++;
    const isLasting = error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429;
    this.onState(`Not saved: ${error.message}`, isLasting);
    if (!isLasting) this.#plan(DELAYS[Math.min(this.failures, DELAYS.length) - 1]);
    return false;
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
  }
}
