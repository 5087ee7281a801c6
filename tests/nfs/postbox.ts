import { setTimeout as delay } from "node:timers/promises";
import { errorCode, type Volume } from "~/store/volume/volume";

const POLL_MS = 50;

/** Files that one process appends to and another, on another machine, reads as they grow: as journals are. */
export function createPostbox(volume: Volume) {
  /** The lines of a file as they appear; only whole ones. */
  async function* linesOf(path: string): AsyncGenerator<string> {
    let offset = 0;
    let rest = "";
    for (;;) {
      const bytes = await volume.readFrom(path, offset);
      if (bytes.includes(0)) throw new Error(`there are NUL bytes in ${path}`);
      offset += bytes.length;
      const lines = (rest + bytes.toString("utf8")).split("\n");
      rest = lines.pop()!;
      yield* lines;
      if (bytes.length === 0) await delay(POLL_MS);
    }
  }

  async function awaitCreation(path: string): Promise<void> {
    for (;;) {
      try {
        await volume.readFrom(path, 0);
        return;
      } catch (error) {
        if (errorCode(error) !== "ENOENT") throw error;
      }
      await delay(POLL_MS);
    }
  }

  return {
    /** Resolves when the file can be read. */
    awaitCreation,

    async create(path: string) {
      const log = await volume.createLog(path);
      await log.append("created\n");
      await log.close();
    },

    /** Says again in its own file what comes in another, up to the word "end". */
    async echo(from: string, to: string) {
      await awaitCreation(from);
      const log = await volume.createLog(to);
      for await (const line of linesOf(from)) {
        await log.append(`${line}\n`);
        if (line === "end") break;
      }
      await log.close();
    },

    /** Appends lines, each after the echo of the one before. @returns the times from one to the other */
    async ping(to: string, from: string, rounds: number): Promise<number[]> {
      const log = await volume.createLog(to);
      const times: number[] = [];
      let start = performance.now();
      await log.append("0\n");
      await awaitCreation(from);
      let expected = 0;
      for await (const line of linesOf(from)) {
        if (line !== String(expected)) throw new Error(`line ${expected} came back as ${line}`);
        // The first has waited for the file.
        if (expected > 0) times.push(performance.now() - start);
        expected += 1;
        if (expected === rounds) break;
        // At no certain moment of the reader's interval.
        await delay(Math.random() * POLL_MS);
        start = performance.now();
        await log.append(`${expected}\n`);
      }
      await log.append("end\n");
      await log.close();
      return times;
    },
  };
}
