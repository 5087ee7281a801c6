import { afterAll, beforeAll, expect, it } from "vitest";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { createFairLoad, GREEDY_KINDS, UNLIMITED, type FairLoad } from "../fixtures/load/greedy-clients";

/**
 * Times the idle time. Five is what is meant, and `npm run load` checks it for every kind, on a machine of its own:
 * one that other work keeps busy interrupts a busy node, and hardly an idle one.
 */
const MOST = 10;

/** Those that are below it on a busy machine, too. */
const READERS = GREEDY_KINDS.filter(({ kind }) => kind === "read");

let server: AppServer;
let load: FairLoad;
beforeAll(async () => {
  server = await startAppServer({ env: { TRUSTED_HOPS: "1", ...UNLIMITED } });
  load = await createFairLoad(server.url);
});
afterAll(() => server.stop());

it.each(READERS)(
  "a stranger is answered within ten times the idle time while 30 connections $name",
  { retry: 2, timeout: 120_000 },
  async (greed) => {
    const { ratio, besideMs } = await load.beside(greed);
    expect(ratio, `${besideMs} ms`).toBeLessThan(MOST);
  },
);
