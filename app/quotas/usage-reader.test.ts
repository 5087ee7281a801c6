import { appendFile, mkdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { segmentName } from "~/store/cluster/instance-segments";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { temporaryFolder } from "../../tests/fixtures/store/temporary-folder";
import { formatUsageLine } from "./usage-line";
import { createUsageReader } from "./usage-reader";
import { dayName } from "./windows";

async function fileOfB(...lines: object[]) {
  const layout = createLayout(temporaryFolder());
  const folder = `${layout.usage}/${dayName(Date.now())}`;
  await mkdir(folder, { recursive: true });
  const write = (line: object) =>
    appendFile(
      `${folder}/${segmentName("b.x", 1)}`,
      formatUsageLine(line as Parameters<typeof formatUsageLine>[0]),
    );
  for (const line of lines) await write(line);
  return { layout, write };
}

test("lines of a newer version count nothing and are not damage, and later lines count", async () => {
  const at = Date.now();
  const { layout } = await fileOfB(
    { format: 9, running: { x: 7 }, region: "moon" },
    { batch: 1, at, add: { tokens: 100, moonbeams: 3 }, running: {}, mood: "good" },
    { corrects: 1, tokens: -50 },
    { batch: "two", at, add: { tokens: 1_000 }, running: {} },
    { batch: 3, at, add: { tokens: 10 }, running: { x: 1 } },
  );
  const counted: Record<string, number> = {};
  const reader = createUsageReader({
    volume: createVolume(),
    layout,
    own: "a.y",
    clock: () => at,
    isDead: () => false,
    onCount: (key, amount) => void (counted[key] = (counted[key] ?? 0) + amount),
    onDamage: (event) => {
      throw new Error(event.reason);
    },
  });
  await reader.refresh();
  expect(counted).toEqual({ tokens: 110, moonbeams: 3 });
  expect(reader.running("x")).toBe(1);
});

test("a node that was held to be dead and comes back is counted again", async () => {
  const { layout, write } = await fileOfB();
  let isDead = false;
  let tokens = 0;
  const reader = createUsageReader({
    volume: createVolume(),
    layout,
    own: "a.y",
    clock: () => Date.now(),
    isDead: () => isDead,
    onCount: (_, amount) => void (tokens += amount),
    onDamage: (event) => {
      throw new Error(event.reason);
    },
  });
  await write({ format: 1, running: {} });
  await write({ batch: 1, at: Date.now(), add: { tokens: 100 }, running: {} });
  await reader.refresh();
  isDead = true;
  for (let reads = 0; reads < 100; reads++) await reader.refresh();
  expect(tokens).toBe(100);
  isDead = false;
  await write({ batch: 2, at: Date.now(), add: { tokens: 10 }, running: {} });
  await reader.refresh();
  expect(tokens).toBe(110);
});
