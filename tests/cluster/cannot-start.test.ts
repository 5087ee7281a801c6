import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";

let first: AppServer | undefined;
afterAll(() => first?.stop());

/** What a server says that cannot start. */
const said = (env: Record<string, string>) =>
  startAppServer({ env: { LOG_LEVEL: "silent", ...env } }).then(
    (server) => server.stop().then(() => "it started"),
    (error: unknown) => String(error).split("It said:\n")[1],
  );

test("a server that cannot start says why, in one line and without a stack, also where the log is silent", async () => {
  first = await startAppServer({ env: { ACCES_CODE: "misspelt-by-a-letter" } });
  expect(first.output()).toContain("ACCES_CODE means nothing here: is it ACCESS_CODE?");
  expect(first.output()).not.toContain("misspelt-by-a-letter");

  const { port } = new URL(first.url);
  expect(await said({ PORT: port })).toBe(
    `Holdfast cannot start:\nPort ${port} is in use: is Holdfast running already? Choose another with PORT.\n`,
  );
  expect(await said({ DEFAULT_MODEL: "demo/none", DRAIN_SECONDS: "x" })).toBe(
    'Holdfast cannot start:\nDRAIN_SECONDS must be a whole number.\nDEFAULT_MODEL is "demo/none", which is not on offer. On offer: demo/demo.\n',
  );
});

test("quotation marks around a value are refused by name, and a secret's value is not printed", async () => {
  const output = await said({ ACCESS_CODE: '"a-long-secret"', DATA_DIR: '"/data"' });
  expect(output).toMatch(
    /^Holdfast cannot start:\nDATA_DIR has quotation marks .*\nACCESS_CODE has quotation marks .*\n$/,
  );
  expect(output).not.toContain("a-long-secret");
});

test.each([
  ["no HOME", undefined],
  ["a HOME that is a file", "/etc/hosts"],
  ["a HOME that it may not enter", "/root"],
])("a user without an entry in the list of users and with %s chats with the demo model", async (_, home) => {
  const server = await startAppServer({ env: { HOME: home, MODEL_PROVIDER: undefined }, user: 54_321 });
  try {
    expect(server.output()).toContain('"models":"demo/demo"');
  } finally {
    await server.stop();
  }
});

test("a backup that was copied into the data folder is warned of at start", async () => {
  const server = await startAppServer({
    prepare: (dataDir) => mkdirSync(join(dataDir, "data/sessions"), { recursive: true }),
  });
  try {
    await expect.poll(server.output).toContain("DATA_DIR holds what is not Holdfast's");
  } finally {
    await server.stop();
  }
});
