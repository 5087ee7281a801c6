import { expect, test } from "vitest";
import { parseModelConfig } from "./model-config";
import { createModelOffers } from "./model-offers";

const SERVER = { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:1/v1" };

function offersOf(env: Record<string, string>) {
  const config = parseModelConfig({ ...SERVER, ...env });
  const world = { ms: 0, listed: ["b", "a"] as string[] | null, reads: 0, failures: 0 };
  const models = createModelOffers(config, config.provider!, {
    now: () => world.ms,
    onFailure: () => (world.failures += 1),
    async listModels() {
      world.reads += 1;
      await Promise.resolve();
      if (!world.listed) throw new Error("away");
      return world.listed.map((id) => ({ id, name: id.toUpperCase(), accepts: ["image"] as const }));
    },
  });
  const names = () => models.offers().map(({ name }) => name);
  return { ...models, names, world };
}

test("the models of the server stand in the place of the *, without those that MODELS lists itself", async () => {
  const { refresh, names, offers, defaultModelId } = offersOf({
    MODELS: "demo/demo,*,openai-compatible/a=Mine",
    DEFAULT_MODEL: "openai-compatible/b",
  });
  await refresh();
  await Promise.resolve();
  expect(names()).toEqual(["Demo model", "B", "Mine"]);
  expect(offers()[1]).toMatchObject({
    id: "openai-compatible/b",
    accepts: ["image"],
    takesTemperature: true,
  });
  expect(defaultModelId()).toBe("openai-compatible/b");
});

test("the fields of the * are for each model, and count more than what the server says", async () => {
  const { refresh, offers } = offersOf({ MODELS: '[{"id":"*","accepts":[],"contextTokens":8000}]' });
  await refresh();
  expect(offers()).toMatchObject([
    { name: "B", accepts: [], contextTokens: 8_000 },
    { name: "A", accepts: [], contextTokens: 8_000 },
  ]);
});

test("a server that is away offers nothing until it is there, and is asked at most every two seconds", async () => {
  const { refresh, names, defaultModelId, world } = offersOf({});
  world.listed = null;
  await Promise.all([refresh(), refresh()]);
  await refresh();
  expect([names(), defaultModelId(), world.reads, world.failures]).toEqual([[], "", 1, 1]);
  world.ms += 2_000;
  await refresh();
  world.listed = ["a"];
  world.ms += 2_000;
  await refresh();
  expect([names(), defaultModelId(), world.reads, world.failures]).toEqual([
    ["A"],
    "openai-compatible/a",
    3,
    1,
  ]);
});

test("an old list is replaced in the background, and kept while the server is away", async () => {
  const { refresh, names, world } = offersOf({});
  await refresh();
  world.listed = ["c"];
  world.ms += 29_000;
  await refresh();
  expect(world.reads).toBe(1);
  world.ms += 1_000;
  await refresh();
  await expect.poll(names).toEqual(["C"]);
  world.listed = null;
  world.ms += 30_000;
  await refresh();
  await expect.poll(() => world.failures).toBe(1);
  expect(names()).toEqual(["C"]);
});

test("a model that is not in the list is looked for at once: another node may have read a newer one", async () => {
  const { refresh, names, world } = offersOf({});
  await refresh();
  world.listed = ["new"];
  world.ms += 2_000;
  await refresh("openai-compatible/b");
  expect(world.reads).toBe(1);
  await refresh("openai-compatible/new");
  expect(names()).toEqual(["NEW"]);
});
