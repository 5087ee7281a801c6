import assert from "node:assert/strict";
import type { Message } from "~/conversation/session/session";
import { sampleMessages, sampleQuestion } from "./sample-conversation.ts";
import { median, quantile } from "./statistics.ts";
import type { TurnStore } from "./turn-store.ts";
import { countWritten, type WrittenBytes } from "./written-bytes.ts";

/** Times in milliseconds. */
export type TurnMeasurement = {
  turnsPerSecond: number;
  p50: number;
  p99: number;
  bytesPerTurn: WrittenBytes;
};

/** Turns that a conversation of 20 KB takes before another begins, so that it is 20 to 30 KB all the time. */
const TURNS_PER_SESSION = 20;
const SESSION_BYTES = 20_000;

/**
 * Runs turns in so many sessions at once, each beginning with its next as soon as the last is done. A turn is
 * timed from the end of the one before it, so that waiting for a blocked event loop counts.
 */
export function createTurnMeter(store: TurnStore, folder: string, concurrency: number) {
  const turnsPerRound = concurrency * TURNS_PER_SESSION;
  const times: number[] = [];
  const rates: number[] = [];
  const written: WrittenBytes[] = [];
  let sessions = 0;

  async function beginSession() {
    const index = sessions++;
    const messages = sampleMessages(SESSION_BYTES);
    await store.begin(index, messages);
    return { index, messages };
  }

  async function runTurns({ index, messages }: { index: number; messages: Message[] }) {
    const times: number[] = [];
    let expected = messages.length;
    let last = messages.at(-1)!;
    for (let turn = 0, start = performance.now(); turn < TURNS_PER_SESSION; turn++) {
      const message = sampleQuestion(last, expected);
      await store.appendTurn(index, message);
      const conversation = await store.read(index);
      const end = performance.now();
      times.push(end - start);
      start = end;
      expected += 1;
      assert.equal(conversation.length, expected, "a message was lost or is there twice");
      assert.equal(conversation.at(-1)!.id, message.id, "the last message is another one");
      last = message;
    }
    return times;
  }

  return {
    /** A round in new sessions. The first ones warm everything up, and do not count. */
    async round({ counts }: { counts: boolean }) {
      const lanes = await Promise.all(Array.from({ length: concurrency }, beginSession));
      const writtenSince = countWritten(folder, store.writers);
      const start = performance.now();
      const measured = await Promise.all(lanes.map(runTurns));
      const seconds = (performance.now() - start) / 1_000;
      if (!counts) return;
      rates.push(turnsPerRound / seconds);
      times.push(...measured.flat());
      written.push(writtenSince());
    },
    result: (): TurnMeasurement => ({
      turnsPerSecond: median(rates),
      p50: median(times),
      p99: quantile(times, 0.99),
      bytesPerTurn: {
        byProcesses: median(written.map(({ byProcesses }) => byProcesses / turnsPerRound)),
        onDisk: median(written.map(({ onDisk }) => onDisk / turnsPerRound)),
      },
    }),
  };
}
