import { afterAll, expect, test } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";

let first: AppServer | undefined;
afterAll(() => first?.stop());

test("a server that cannot start says why, in one line and without a stack, also where the log is silent", async () => {
  first = await startAppServer({ env: { ACCES_CODE: "misspelt-by-a-letter" } });
  expect(first.output()).toContain("ACCES_CODE means nothing here: is it ACCESS_CODE?");
  expect(first.output()).not.toContain("misspelt-by-a-letter");

  const { port } = new URL(first.url);
  const said = (env: Record<string, string>) =>
    startAppServer({ env: { LOG_LEVEL: "silent", ...env } }).then(
      (server) => server.stop().then(() => "it started"),
      (error: unknown) => String(error).split("It said:\n")[1],
    );
  expect(await said({ PORT: port })).toBe(
    `Holdfast cannot start:\nPort ${port} is in use: is Holdfast running already? Choose another with PORT.\n`,
  );
  expect(await said({ DEFAULT_MODEL: "demo/none", DRAIN_SECONDS: "x" })).toBe(
    'Holdfast cannot start:\nDRAIN_SECONDS must be a whole number.\nDEFAULT_MODEL is "demo/none", which is not on offer. On offer: demo/demo.\n',
  );
});
