import { noMetrics } from "../fixtures/no-metrics.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClocks } from "~/clocks";
import { createToolSet } from "~/tools/create-tool-set";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createNode } from "~/node.server";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createLayout } from "~/store/documents/layout";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createVolume, type FileSystem } from "~/store/volume/volume";
import { createFakeTime, type FakeTime } from "../fixtures/fake-time.ts";
import { createScriptedModel, TEST_SETTINGS } from "../fixtures/replies/reply-node.ts";
import { append } from "../fixtures/store/store-conversation.ts";
import { interceptedFileSystem } from "../fixtures/store/store-file-system.ts";

/**
 * `npm run bench:idle`: what open, idle, visible tabs cost the volume. Real nodes without HTTP follow real
 * sessions through an hour of virtual time, and every call to the file system is counted.
 */
const NODES = 3;
const WATCHERS = [0, 1, 10, 1_000];
const WARM_UP_MS = 600_000;
const HOUR_MS = 3_600_000;
const HOURS_A_MONTH = 730;

/** What a call is to an NFS server: a question about names or files, or bytes. */
const REQUESTS: Readonly<Record<string, { kind: "read" | "write"; carriesData: boolean }>> = {
  readdir: { kind: "read", carriesData: false },
  open: { kind: "read", carriesData: false },
  close: { kind: "read", carriesData: false },
  stat: { kind: "read", carriesData: false },
  read: { kind: "read", carriesData: true },
  write: { kind: "write", carriesData: true },
  append: { kind: "write", carriesData: true },
  sync: { kind: "write", carriesData: false },
};
/** EFS with elastic throughput: dollars a GiB, and the least that a request is metered as. */
const PRICE = { read: 0.03, write: 0.06 };
const KIB = 1_024;
const METERED = [
  { name: "4 KiB a request", data: 4 * KIB, other: 4 * KIB },
  { name: "32 KiB where it carries data", data: 32 * KIB, other: 4 * KIB },
];

type Calls = Record<string, number>;

console.log(
  `An idle hour of ${NODES} nodes, in calls to the file system: the mean of a node, and what a tab adds to all\n`,
);
console.log(
  row("tabs in all", "readdir", "open", "read", "append", "sync", "close", "other", "sum", "a tab adds"),
);
let baseline: Calls = {};
let crowded: Calls = {};
for (const watchers of WATCHERS) {
  const calls = await anIdleHour(watchers);
  if (watchers === 0) baseline = calls;
  crowded = calls;
  const shown = ["readdir", "open", "read", "append", "sync", "close"];
  const sum = sumOf(calls);
  const other = sum - shown.reduce((total, name) => total + (calls[name] ?? 0), 0);
  const cells = [...shown.map((name) => calls[name] ?? 0), other, sum].map((count) => mean(count));
  console.log(
    row(String(watchers), ...cells, watchers === 0 ? "-" : ((sum - sumOf(baseline)) / watchers).toFixed(1)),
  );
}

const tabs = WATCHERS.at(-1)!;
console.log(`\n${tabs} idle tabs on ${NODES} nodes on EFS, a month of them open day and night:`);
for (const metered of METERED) {
  const [all, nodesAlone] = [crowded, baseline].map((calls) => dollarsAMonth(calls, metered));
  console.log(
    `  metered as ${metered.name}: $${all!.toFixed(2)}, of which the nodes alone $${nodesAlone!.toFixed(2)}`,
  );
}
process.exit(0);

/** @returns the calls of all nodes together */
async function anIdleHour(watchers: number): Promise<Calls> {
  const dataDir = mkdtempSync(join(tmpdir(), "holdfast-idle-"));
  process.once("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  const time = createFakeTime();
  let calls: Calls = {};
  let underWay = 0;
  const fs = interceptedFileSystem(async ({ name }, proceed) => {
    calls[name] = (calls[name] ?? 0) + 1;
    underWay += 1;
    try {
      // An hour of syncs would take long, and no power failure is waited for.
      return await (name === "sync" ? undefined : proceed());
    } finally {
      underWay -= 1;
    }
  });
  const settled = async () => {
    do await new Promise(setImmediate);
    while (underWay > 0);
    await new Promise(setImmediate);
  };

  const nodes = Array.from({ length: NODES }, (_, index) => openNode(`node-${index + 1}`, dataDir, fs, time));
  for (const { membership } of nodes) await membership.start();
  const left = new AbortController();
  for (let watcher = 0; watcher < watchers; watcher++) {
    const { store, replies } = nodes[watcher % NODES]!;
    const key = hashSessionId(newId());
    await store.update(key, append("m1"));
    const events = await replies.follow(key, { cursor: null, watch: true, signal: left.signal });
    // Its first word, and then the wait for the next.
    await events!.next();
    void events!.next();
  }
  await time.advance(WARM_UP_MS, settled);
  calls = {};
  await time.advance(HOUR_MS, settled);
  const counted = calls;
  left.abort();
  await Promise.all(nodes.map(({ membership }) => membership.leave()));
  return counted;
}

function openNode(name: string, dataDir: string, fs: FileSystem, time: FakeTime) {
  const volume = createVolume({ fs });
  const keys = createEncryptionKeys();
  const quiet = () => {};
  const delay = (ms: number) => new Promise<void>((resolve) => time.timer(ms, resolve));
  return createNode({
    name,
    boot: newId().replace(/[^A-Za-z0-9]/g, ""),
    layout: createLayout(dataDir),
    volumes: { volume, steady: volume, own: volume },
    encryption: { keys, encryptor: createEncryptor({ keys, isOn: false }) },
    connectTools: () => createToolSet([], { delay: realClocks.backgroundDelay }),
    connectModels: () => createScriptedModel(),
    settings: TEST_SETTINGS,
    clocks: { ...realClocks, ...time, delay, backgroundDelay: delay },
    newId,
    membership: {
      isProcessGone: () => false,
      onNameTaken(instance) {
        throw new Error(`${instance} has the name of another node`);
      },
    },
    log: { debug: quiet, info: quiet, warn: console.warn, error: console.error },
    metrics: noMetrics,
  });
}

function dollarsAMonth(calls: Calls, metered: (typeof METERED)[number]): number {
  let dollars = 0;
  for (const [name, count] of Object.entries(calls)) {
    const { kind, carriesData } = REQUESTS[name] ?? { kind: "write", carriesData: false };
    dollars += ((carriesData ? metered.data : metered.other) * count * PRICE[kind]) / 2 ** 30;
  }
  return dollars * HOURS_A_MONTH;
}

function sumOf(calls: Calls): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

function mean(count: number): string {
  return (count / NODES).toFixed(0);
}

function row(...cells: string[]): string {
  return cells.map((cell, index) => cell.padStart(index % 9 === 0 ? 12 : 8)).join("");
}
