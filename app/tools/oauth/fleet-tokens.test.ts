import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClocks } from "~/clocks";
import { newId } from "~/conversation/session/session-id";
import { createLayout } from "~/store/documents/layout";
import { createTokenFiles } from "~/store/token-files";
import { createVolume } from "~/store/volume/volume";
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from "../../../tests/fixtures/models/authorization-server";
import { filesIn } from "../../../tests/fixtures/store/stored-files";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createFleetTokens, withTokens, type FleetTokens } from "./fleet-tokens";

let stub: AuthorizationServer;
let dataDir: string;
beforeEach(async () => {
  stub = await startAuthorizationServer();
  dataDir = temporaryFolder();
});
afterEach(() => stub.close());

/** A node's tokens. `delay` and `epochMs` are the node's clocks. */
function node(change: Partial<Parameters<typeof createFleetTokens>[0]> = {}): FleetTokens {
  return createFleetTokens({
    oauth: {
      tokenUrl: `${stub.url}/token`,
      clientId: "me",
      clientSecret: "my secret",
      refreshToken: "refresh-0",
    },
    resource: "https://tools.example/mcp",
    files: createTokenFiles({
      volume: createVolume(),
      layout: createLayout(dataDir),
      instance: "n.b",
      newId,
    }),
    ...{ fetch: globalThis.fetch, epochMs: realClocks.epochMs, delay: realClocks.delay, newId },
    ...change,
  });
}

describe("the tokens of a server of tools", () => {
  it("are refreshed once for all nodes, however many ask at the same time, revision after revision", async () => {
    const nodes = Array.from({ length: 5 }, () => node());
    let token = "";
    for (let rev = 1; rev <= 4; rev++) {
      const asked = nodes.flatMap((each) =>
        [0, 1].map(() => (token === "" ? each.current() : each.replace(token))),
      );
      const tokens = await Promise.all(asked);
      expect(new Set(tokens)).toEqual(new Set([`access-${String(rev)}`]));
      token = tokens[0]!;
    }
    expect(stub.state).toMatchObject({ issued: 4, isRevoked: false });
  });

  it("are sent with requests, and replaced when the server refuses them", async () => {
    const [one, two] = [node(), node()].map((tokens) => withTokens(globalThis.fetch, tokens));
    for (const fetch of [one!, two!, one!]) {
      const response = await fetch(`${stub.url}/api`, { method: "POST", body: "call" });
      expect([response.status, await response.text()]).toEqual([200, "call"]);
    }
    expect(stub.state.issued).toBe(1);
    expect(Object.fromEntries(stub.state.forms[0]!)).toEqual({
      ...{ grant_type: "refresh_token", refresh_token: "refresh-0", resource: "https://tools.example/mcp" },
    });
  });

  it("are refreshed before they expire", async () => {
    stub.answer.expiresIn = 3_600;
    let now = 0;
    const one = node({ epochMs: () => now });
    expect(await one.current()).toBe("access-1");
    now = 3_500_000;
    expect(await one.current()).toBe("access-1");
    now = 3_545_000;
    expect(await one.current()).toBe("access-2");
  });

  it("are known to a node that starts later, and lie on the volume encrypted", async () => {
    await node().current();
    expect(await node().current()).toBe("access-1");
    const files = filesIn(dataDir);
    expect(files.some(({ path }) => path.endsWith("1.tokens"))).toBe(true);
    const text = files.map(({ path, bytes }) => `${path} ${bytes.toString("latin1")}`).join();
    expect(text).not.toMatch(/access-|refresh-|secret|tools\.example/);
  });

  it("begin anew with the operator's next refresh token", async () => {
    await node().current();
    stub.state.issued = 7;
    const oauth = { tokenUrl: `${stub.url}/token`, clientId: "me", refreshToken: "refresh-7" };
    expect(await node({ oauth }).current()).toBe("access-8");
  });

  it("are requested by another node where the one that had claimed it has died before", async () => {
    const hangs = node({ fetch: () => new Promise(() => undefined) });
    void hangs.current();
    await expect.poll(() => filesIn(dataDir, /claim/).length).toBe(1);
    const other = node({ delay: () => Promise.resolve() });
    expect(await other.current()).toBe("access-1");
    expect(stub.state.isRevoked).toBe(false);
  });

  it("are requested again after a failure, by whichever node asks first", async () => {
    stub.answer.status = 503;
    await expect(node().current()).rejects.toThrow("503");
    stub.answer.status = 200;
    expect(await node().current()).toBe("access-1");
  });

  it.each([[{ expires_in: null, refresh_token: null }], [{ expires_in: 0, refresh_token: "" }]])(
    "count also with odd fields beside them: %j",
    async (odd) => {
      stub.answer.odd = odd;
      expect(await node().current()).toBe("access-1");
    },
  );

  it.each(["a\nb", "a b", "ä", ""])("are not kept where they fit in no header: %j", async (token) => {
    stub.answer.odd = { access_token: token };
    await expect(node().current()).rejects.toThrow("has sent no tokens");
    expect(filesIn(dataDir, /\.tokens$/)).toEqual([]);
  });

  it("are not requested again by any node after the refresh token was refused", async () => {
    await node().current();
    stub.state.isRevoked = true;
    for (const each of [node(), node(), node()])
      await expect(each.replace("access-1")).rejects.toThrow("refused the refresh token");
    expect(stub.state.forms).toHaveLength(2);
  });

  it("count where a claimant that was held to be dead stores them after another one was refused", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    stub.answer.beforeSent = () => promise;
    const slow = node().current();
    await expect.poll(() => stub.state.forms.length).toBe(1);
    const hasty = node({ delay: () => Promise.resolve() });
    await expect(hasty.current()).rejects.toThrow("refused the refresh token");
    resolve(null);
    expect(await slow).toBe("access-1");
    expect(await hasty.current()).toBe("access-1");
  });

  it("of another revision cannot be put in the place of these", async () => {
    await node().current();
    const [file] = filesIn(dataDir, /1\.tokens$/);
    await writeFile(file!.path.replace("1.tokens", "9.tokens"), await readFile(file!.path));
    await expect(node().current()).rejects.toThrow();
  });
});
