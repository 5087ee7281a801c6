import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/fixtures/store/temporary-folder";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { readUsage } from "./read-usage";
import { createUsageLog } from "./usage-log";

const volume = createVolume({});
const MONDAY = Date.UTC(2026, 10, 23, 23, 59, 30);

function setUp() {
  const layout = createLayout(temporaryFolder());
  let at = MONDAY;
  const nodeNamed = (name: string) => createUsageLog({ volume, layout, name, boot: "boot", clock: () => at });
  return { layout, nodeNamed, pass: (ms: number) => (at += ms), read: () => readUsage(volume, layout) };
}

test("usage of all nodes is summed by day, model and address", async () => {
  const { nodeNamed, pass, read } = setUp();
  const [one, two] = [nodeNamed("one"), nodeNamed("two")];
  for (const node of [one, two]) {
    node.count("session-messages:0a1b2c3d4e5f", 1);
    node.count("address-messages:aaaaaaaaaaaa", 1);
    node.count("tokens:all", 100);
    node.count("microdollars:all", 2_500);
    node.count("model-tokens:bedrock/us.amazon.nova-pro-v1:0", 100);
    node.count("model-microdollars:bedrock/us.amazon.nova-pro-v1:0", 2_500);
  }
  two.count("address-bytes:bbbbbbbbbbbb", 7);
  await one.flush();
  await two.flush();
  pass(60_000);
  one.count("session-messages:0a1b2c3d4e5f", 1);
  one.count("model-tokens:demo/demo", 5);
  await one.flush();

  const { days, newerFiles } = await read();
  expect(newerFiles).toBe(0);
  expect(days).toEqual([
    {
      day: "2026-11-23",
      ...{ messages: 2, tokens: 200, dollars: 0.005 },
      models: [{ model: "bedrock/us.amazon.nova-pro-v1:0", tokens: 200, dollars: 0.005 }],
      addresses: [
        { address: "aaaaaaaaaaaa", messages: 2, tokens: 0, dollars: 0, bytes: 0 },
        { address: "bbbbbbbbbbbb", messages: 0, tokens: 0, dollars: 0, bytes: 7 },
      ],
    },
    {
      day: "2026-11-24",
      ...{ messages: 1, tokens: 0, dollars: 0 },
      models: [{ model: "demo/demo", tokens: 5, dollars: 0 }],
      addresses: [],
    },
  ]);
});

test("a batch that stands twice counts once, and damaged, unfinished and later lines count nothing, later files are reported", async () => {
  const { layout, read } = setUp();
  const folder = `${layout.usage}/2026-11-23`;
  mkdirSync(folder, { recursive: true });
  const head = '{"format":1,"running":{}}\n';
  const batch = (number: number) =>
    `${JSON.stringify({ batch: number, at: MONDAY, add: { "tokens:all": 1, "later-kind:x": 9 }, running: {} })}\n`;
  writeFileSync(`${folder}/one.boot.1.ndjson`, `${head}${batch(1)}${batch(2)}`);
  writeFileSync(`${folder}/one.boot.2.ndjson`, `${head}${batch(2)}${batch(3)}no json\n{"new":"kind"}\n`);
  appendFileSync(`${folder}/one.boot.2.ndjson`, batch(4).slice(0, 20));
  writeFileSync(`${folder}/two.boot.1.ndjson`, `{"format":2,"running":{}}\n${batch(1)}`);
  expect(await read()).toMatchObject({ days: [{ tokens: 3, models: [], addresses: [] }], newerFiles: 1 });
});

test("a volume without usage has none", async () => {
  expect(await setUp().read()).toEqual({ days: [], newerFiles: 0 });
});
