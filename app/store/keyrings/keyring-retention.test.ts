import { randomUUID } from "node:crypto";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { base64url, createTestKeyrings, KEYRING, textOf } from "../../../tests/fixtures/keyring-store";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createRetention, DAY_MS } from "~/store/documents/retention";
import { createRetirement } from "~/store/documents/retire-session";
import { keyringDocuments } from "./keyring-documents";

const BEGUN = Date.parse("2026-01-01T00:00:00.000Z");
const DAYS = 30;
const unaborted = new AbortController().signal;

/** A keyring on a volume whose clocks can be set, and sweeps of it with a retention of thirty days. */
async function setUp() {
  const dataDir = temporaryFolder();
  let at = BEGUN;
  const clock = () => new Date(at);
  const { keyrings, layout, volume } = createTestKeyrings(dataDir, {
    clock,
    renewAfterMs: (DAYS / 10) * DAY_MS,
  });
  const folder = layout.keyringFolder(KEYRING);
  const kind = keyringDocuments(layout);
  const common = { volume, layout, kind, instance: "sweeper.b1", clock };
  const retirement = createRetirement({
    ...common,
    newId: () => randomUUID(),
    onDamage: () => undefined,
    onRetired: () => undefined,
    onQuarantined: () => undefined,
  });
  const retention = createRetention({
    ...common,
    retirement,
    what: "the keyrings",
    isDead: () => false,
    days: DAYS,
    timer: () => () => {},
    delay: () => Promise.resolve(),
    random: () => 0,
    log: { info: () => undefined, warn: () => undefined },
  });
  await keyrings.write(KEYRING, { expected: 0, sealed: base64url("one") });
  return {
    keyrings,
    names: () => readdirSync(folder).filter((name) => name.endsWith(".json")),
    /** Lets days pass: files become older by the volume's clock, too. */
    pass(days: number) {
      at += days * DAY_MS;
      for (const name of readdirSync(folder)) {
        const seconds = Date.now() / 1_000 - (at - BEGUN) / 1_000;
        utimesSync(join(folder, name), seconds, seconds);
      }
    },
    sweep: () => retention.sweep(unaborted),
  };
}

test("a keyring that was not used for long is removed, and its devices begin it anew", async () => {
  const { keyrings, pass, sweep } = await setUp();
  pass(DAYS - 1);
  expect(await sweep()).toMatchObject({ seen: 1, retired: 0 });
  pass(2);
  expect(await sweep()).toMatchObject({ retired: 1 });
  expect(await keyrings.read(KEYRING)).toBeNull();
  expect(await keyrings.version(KEYRING)).toBeNull();
  expect(await keyrings.write(KEYRING, { expected: 0, sealed: base64url("two") })).toMatchObject({ rev: 1 });
});

test("a keyring that is only read stays", async () => {
  const { keyrings, pass, sweep } = await setUp();
  pass(DAYS - 1);
  await keyrings.read(KEYRING);
  pass(DAYS - 1);
  expect(await sweep()).toMatchObject({ seen: 1, retired: 0 });
  expect(textOf((await keyrings.read(KEYRING))?.sealed)).toBe("one");
});

test("the tombstone of a keyring that was not used goes, that of a deleted one stays", async () => {
  const unused = await setUp();
  unused.pass(DAYS + 1);
  await unused.sweep();
  unused.pass(8);
  expect(await unused.sweep()).toMatchObject({ removed: 1 });

  const deleted = await setUp();
  await deleted.keyrings.remove(KEYRING);
  deleted.pass(400);
  expect(await deleted.sweep()).toMatchObject({ seen: 1, removed: 0, retired: 0 });
  expect(deleted.names()).toEqual(["0000000002.json"]);
  await expect(deleted.keyrings.read(KEYRING)).rejects.toThrow("was deleted");
});
