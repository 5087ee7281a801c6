import { afterEach, beforeEach, expect, it } from "vitest";
import { startAuthorizationServer, type AuthorizationServer } from "../fixtures/models/authorization-server";
import { startTokens, type TokenProcess } from "../fixtures/store/store-process";
import { filesIn } from "../fixtures/store/stored-files";
import { temporaryFolder } from "../fixtures/store/temporary-folder";
import { longTest } from "../fixtures/variants";

/**
 * The tokens of a server of tools, in processes of their own on one folder. The authorization server revokes everything
 * when a refresh token is used twice.
 */
let server: AuthorizationServer;
let dataDir: string;
let processes: TokenProcess[];

beforeEach(async () => {
  server = await startAuthorizationServer();
  dataDir = temporaryFolder();
  processes = await Promise.all(
    ["a", "b", "c", "d"].map((name) => startTokens(dataDir, server.resource, name)),
  );
});
afterEach(async () => {
  await Promise.all(processes.map((process) => process.end()));
  server.close();
});

const each = <T>(ask: (process: TokenProcess) => Promise<T>) => Promise.all(processes.map(ask));
const current = (process: TokenProcess) => process.ask({ call: "current" });

it("are refreshed once for all processes, however many ask at the same time", async () => {
  let expected = await each(current);
  for (let rev = 1; rev <= 10; rev++) {
    expect(new Set(expected.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([`{"token":"access-${String(rev)}"}`]),
    );
    const refused = `access-${String(rev)}`;
    if (rev < 10) expected = await each((process) => process.ask({ call: "replace", refused }));
  }
  expect(server.state).toMatchObject({ issued: 10, isRevoked: false });
  expect(server.state.forms).toHaveLength(10);
});

/** Lets a process be killed when its tokens were issued, and before it can store them. @returns the others' answers */
async function killBetweenRefreshAndStore() {
  const [victim, ...others] = processes as [TokenProcess, ...TokenProcess[]];
  const { promise: issued, resolve } = Promise.withResolvers<unknown>();
  server.answer.beforeSent = async () => {
    if (server.state.forms.length === 1) await victim.end();
    resolve(null);
  };
  victim.ask({ call: "current" }).catch(() => undefined);
  await issued;
  processes = others;
  expect(filesIn(dataDir).map(({ path }) => path.split("/").at(-1))).toEqual(["1.claim.0"]);
  return each(current);
}

longTest(
  "are lost with a process that is killed before it can store them: the others learn it by one request, and no more",
  async () => {
    const answers = await killBetweenRefreshAndStore();
    expect(answers).toEqual(processes.map(() => ({ refused: "TokensRefused" })));
    expect(await each(current)).toEqual(answers);
    expect(server.state.forms).toHaveLength(2);
  },
);

longTest(
  "are requested once more after such a death where the authorization server takes the token again",
  async () => {
    server.answer.isGraceful = true;
    const answers = await killBetweenRefreshAndStore();
    expect(answers).toEqual(processes.map(() => ({ token: "access-1" })));
    expect(server.state).toMatchObject({ issued: 1, isRevoked: false });
    expect(server.state.forms).toHaveLength(2);
  },
);
