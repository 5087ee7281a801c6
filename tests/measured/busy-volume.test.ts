import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";

const slowVolume = fileURLToPath(new URL("../fixtures/store/slow-volume.ts", import.meta.url));
let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { TRUSTED_HOPS: "1", NODE_OPTIONS: `--import=${slowVolume}` } });
});
afterAll(() => server.stop());

it("a volume that has much to do for some is there for others, and for what the node does by itself", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const read = (from: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { "X-Session-Id": newId(), "X-Forwarded-For": from };
      get(`${server.url}/api/session`, { agent, headers }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode));
      }).once("error", reject);
    });
  // The first request of a process takes its time, in which the flood must not end.
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  let answered = 0;
  const flood = Array.from({ length: 1_200 }, async (_, count) => {
    await read(`198.51.100.${count % 60}`);
    answered += 1;
  });
  await Promise.race(flood);
  expect(await read("203.0.113.1")).toBe(404);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(answered).toBeLessThan(0.75 * flood.length);
  // What else they say is of no interest.
  agent.destroy();
  await Promise.allSettled(flood);
});
