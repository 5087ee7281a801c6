import { appendFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createVolume, type FileSystem } from "~/store/volume/volume";
import {
  createLogRig,
  INTERVAL_MS,
  word,
  wordsOf,
  type LogRigEntry,
} from "../../../tests/fixtures/replies/reply-log-rig";
import { seededChoices, type SeededChoices } from "../../../tests/fixtures/seeded-random";
import { interceptedFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { perRun } from "../../../tests/fixtures/variants";
import { createWordsReader, type WordsReader } from "./log-content";
import { createWordsCodec } from "./log-lines";
import { createLogReader, type LogReader } from "./log-reader";

/**
 * A log, its readers on other nodes, and faults, as a seed chooses them: appends that fail before, amid or after their
 * bytes, bytes that arrive when the next segment exists, segments that the writer removes, slow readers, late readers.
 */
const SEEDS = perRun({ short: 15, long: 40 });
const STEPS = 80;

const encryptor = createTestEncryptor(false);

/** Faults of the next appends. Late bytes arrive when `arrive` is called. */
function faultyAppends(choices: SeededChoices) {
  const late: (() => void)[] = [];
  const state = { probability: 0 };

  const faulty = (handle: FileHandle, path: string): FileHandle =>
    new Proxy(handle, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        const method = (value as (...args: unknown[]) => unknown).bind(target);
        if (property !== "write" || !path.endsWith(".ndjson")) return method;
        return async (bytes: Buffer, offset: number) => {
          if (!choices.chance(state.probability)) return method(bytes, offset);
          const torn = bytes.subarray(offset, choices.whole(offset, bytes.length));
          if (choices.chance(0.5)) late.push(() => appendFileSync(path, torn));
          else await method(torn);
          throw systemError("EIO", { name: "append", path, to: null });
        };
      },
    });

  return {
    state,
    wrap: (fs: FileSystem): FileSystem => ({
      ...fs,
      open: async (...args: Parameters<FileSystem["open"]>) =>
        faulty(await fs.open(...args), String(args[0])),
    }),
    arrive: () => late.shift()?.(),
  };
}

type Reply = LogRigEntry & { said: string; hasEnded: boolean };

/** All chunks that were appended, or tried to be, in order. */
function written({ entry }: Reply): ReplyChunk[] {
  const codec = createWordsCodec(encryptor, entry.reply);
  return entry.bodies().flatMap((body) => codec.parse(body)!.chunks);
}

/** One reader on another node, and all that it has shown. */
type Shown = { reader: LogReader; words: Map<Reply, { reader: WordsReader; chunks: ReplyChunk[] }> };

function readOn({ reader, words }: Shown, reply: Reply): ReplyChunk[] | null {
  const logged = reader.find(reply.entry.reply);
  if (!logged) return null;
  const codec = createWordsCodec(encryptor, reply.entry.reply);
  const known = words.get(reply) ?? { reader: createWordsReader(logged, codec), chunks: [] };
  words.set(reply, known);
  known.chunks.push(...known.reader.readMore());
  return known.chunks;
}

function expectPrefix(chunks: readonly ReplyChunk[], of: readonly ReplyChunk[]) {
  expect(chunks).toEqual(of.slice(0, chunks.length));
}

async function play(seed: number) {
  const choices = seededChoices(seed);
  const faults = faultyAppends(choices);
  const rig = createLogRig({ wrap: faults.wrap, segmentLength: choices.pick([300, 3_000]) });
  const replies: Reply[] = [];
  const running = () => replies.filter(({ hasEnded }) => !hasEnded);
  const damage: string[] = [];
  const slow = interceptedFileSystem(async (_, proceed) => {
    for (let turns = choices.whole(0, 3); turns > 0; turns--) await new Promise(setImmediate);
    return proceed();
  });

  const shown: Shown[] = [];
  const openReader = () =>
    shown.push({
      reader: createLogReader({
        volume: createVolume({ fs: slow }),
        layout: rig.layout,
        instance: rig.instance,
        onDamage: ({ reason }) => damage.push(reason),
      }),
      words: new Map(),
    });

  /** A read, perhaps beside others: it finds at least what the node itself had shown when it began. */
  async function read(by: Shown) {
    const before = running().map((reply) => ({ reply, count: reply.passed.length }));
    await by.reader.refresh();
    for (const { reply, count } of before) {
      const chunks = readOn(by, reply);
      if (reply.hasEnded) continue;
      if (count > 0) expect(chunks, `seed ${seed}: a reader has lost a running reply`).not.toBeNull();
      expect(chunks?.length ?? 0).toBeGreaterThanOrEqual(count);
      expectPrefix(chunks ?? [], written(reply));
    }
  }

  const steps: (() => unknown)[] = [
    () =>
      replies.length < 6 &&
      replies.push({ ...rig.begin(`reply-${replies.length}`), said: "", hasEnded: false }),
    () => {
      for (const reply of running()) {
        if (!choices.chance(0.7)) continue;
        const delta = `${reply.said.length} `.repeat(choices.whole(1, 5));
        reply.said += delta;
        reply.entry.write(word(delta));
      }
    },
    () => {
      const [reply] = running();
      if (!reply || !choices.chance(0.1)) return;
      reply.hasEnded = true;
      reply.entry.end();
    },
    () => (faults.state.probability = choices.pick([0, 0, 0.3, 0.9])),
    faults.arrive,
    () => choices.chance(0.2) && openReader(),
    () => rig.pass(choices.pick([1, INTERVAL_MS, 500, 5_000])),
    () => rig.pass(INTERVAL_MS),
    () => Promise.all(shown.map((each) => read(each))),
    () =>
      Promise.all(
        shown.filter(() => choices.chance(0.5)).map((each) => Promise.all([read(each), rig.pass(20)])),
      ),
  ];

  openReader();
  for (let step = 0; step < STEPS; step++) {
    await choices.pick(steps)();
    for (const reply of running()) {
      const chunks = written(reply);
      expectPrefix(reply.passed, chunks);
      expect(reply.said.startsWith(wordsOf(chunks))).toBe(true);
    }
  }
  faults.state.probability = 0;
  await rig.pass(10_000);
  openReader();
  await Promise.all(shown.map((each) => read(each)));
  for (const reply of running()) {
    expect(wordsOf(reply.passed)).toBe(reply.said);
    for (const each of shown) expect(each.words.get(reply)?.chunks ?? []).toEqual(reply.passed);
  }
  return { segments: rig.count("open"), failures: rig.messages.length, replies: replies.length };
}

test(
  "every reader sees the chunks that were written, with their numbers, whatever fails",
  { timeout: 300_000 },
  async () => {
    const seen = { segments: 0, failures: 0, replies: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const played = await play(seed).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += played[key];
    }
    expect(seen.failures).toBeGreaterThan(SEEDS);
    expect(seen.segments).toBeGreaterThan(SEEDS * 5);
  },
);
