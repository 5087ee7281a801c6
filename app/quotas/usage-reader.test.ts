import { appendFile, mkdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { feedName } from "~/store/feed-line";
import { createLayout } from "~/store/layout";
import { createVolume } from "~/store/volume";
import { temporaryFolder } from "../../tests/fixtures/temporary-folder";
import { formatUsageLine } from "./usage-line";
import { createUsageReader } from "./usage-reader";
import { dayName } from "./windows";

test("a node that was taken for dead and comes back is counted again", async () => {
  const layout = createLayout(temporaryFolder());
  const folder = `${layout.usage}/${dayName(Date.now())}`;
  await mkdir(folder, { recursive: true });
  const write = (line: Parameters<typeof formatUsageLine>[0]) =>
    appendFile(`${folder}/${feedName({ name: "b", boot: "x", segment: 1 })}`, formatUsageLine(line));
  let isDead = false;
  let tokens = 0;
  const reader = createUsageReader({
    volume: createVolume(),
    layout,
    own: "a.y",
    clock: () => Date.now(),
    isDead: () => isDead,
    counted: (_, amount) => void (tokens += amount),
    damaged: (event) => {
      throw new Error(event.reason);
    },
  });
  await write({ format: 1, running: {} });
  await write({ batch: 1, at: Date.now(), add: { tokens: 100 }, running: {} });
  await reader.look();
  isDead = true;
  for (let looks = 0; looks < 100; looks++) await reader.look();
  expect(tokens).toBe(100);
  isDead = false;
  await write({ batch: 2, at: Date.now(), add: { tokens: 10 }, running: {} });
  await reader.look();
  expect(tokens).toBe(110);
});
