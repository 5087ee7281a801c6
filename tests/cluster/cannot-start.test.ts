import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { createSessionClient } from "../fixtures/session-client";
import { longTest, variants } from "../fixtures/variants";

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

test.each(
  variants<[string, string]>([
    ["/proc/data", "its folders are missing, and cannot be made"],
    ["/proc", "its folders are missing, and cannot be made"],
    ["/etc/hosts/data", "a file stands where a folder should be"],
  ]),
)("a data folder in a place that can never be one (%s) is refused", async (DATA_DIR, reason) => {
  expect(await said({ DATA_DIR })).toBe(
    `Holdfast cannot start:\nDATA_DIR is ${DATA_DIR}: ${reason}. Choose another place.\n`,
  );
});

test.each(
  variants<[string, string | undefined]>([
    ["no HOME", undefined],
    ["a HOME that is a file", "/etc/hosts"],
    ["a HOME that it may not enter", "/root"],
  ]),
)("a user without an entry in the list of users and with %s chats with the demo model", async (_, home) => {
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
    await expect.poll(server.output).toContain("DATA_DIR holds names that Holdfast does not use");
  } finally {
    await server.stop();
  }
});

longTest(
  "a second process of a name is refused while the first lives and goes on with its reply",
  async () => {
    const env = { NODE_NAME: "twin", DEMO_TOKENS_PER_SECOND: "60" };
    const living = await startAppServer({ env });
    try {
      const client = createSessionClient({ url: living.url, silenceMs: 30_000, requestMs: 30_000 });
      await client.send("Tell me a long story.", null);
      const end = client.followToEnd(() => "stay");
      expect(await said({ ...env, DATA_DIR: living.dataDir })).toBe(
        "Holdfast cannot start:\nAnother process with the name twin is running on the same DATA_DIR: " +
          "stop it, or give this one a name of its own with NODE_NAME.\n",
      );
      const { messages } = await end;
      expect(messages[1]).toMatchObject({ metadata: { status: "complete" } });
      expect(living.output()).toMatch(/"the reply has settled"/);
      expect(living.output()).toMatch(/"epoch":1\D/);
      expect(living.output()).not.toMatch(/"epoch":2\D/);
    } finally {
      await living.stop();
    }
  },
);

longTest(
  "a process that is started again after a crash does not wait where the first is known to have ended",
  async () => {
    const server = await startAppServer({ env: { NODE_NAME: "phoenix" } });
    try {
      await server.kill9();
      await server.restart();
      expect(server.output()).not.toContain("an earlier process of this name may still run");
    } finally {
      await server.stop();
    }
  },
);

test("of two processes that are started with one name at the same moment one stays", async () => {
  const home = await startAppServer();
  try {
    const env = { NODE_NAME: "twin", DATA_DIR: join(home.dataDir, "..", newId()) };
    const started = await Promise.allSettled([startAppServer({ env }), startAppServer({ env })]);
    const servers = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    // The one that has to go may have been ready for a moment.
    await expect
      .poll(
        () => servers.filter((each) => each.output().includes("Another process with the name twin")).length,
      )
      .toBe(servers.length - 1);
    await Promise.all(servers.map((each) => each.stop()));
  } finally {
    await home.stop();
  }
});
