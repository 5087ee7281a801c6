import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";

/** Two for each core, so that the server has a third of them at most. */
const BUSY_THREADS = 2 * availableParallelism();

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { TRUSTED_HOPS: "1", DEMO_TOKENS_PER_SECOND: "5000" } });
});
afterAll(() => server.stop());

let busy: Worker[] = [];
afterEach(async () => {
  await Promise.all(busy.map((worker) => worker.terminate()));
  busy = [];
});

async function ask(from: string, accept: string): Promise<string> {
  const response = await fetch(`${server.url}/api/session/messages`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Session-Id": newId(),
      "X-Forwarded-For": from,
      Accept: accept,
    },
    body: JSON.stringify({
      message: { id: newId(), parts: [{ type: "text", text: "Hello" }] },
      parentId: null,
    }),
  });
  const text = await response.text();
  return response.ok ? "served" : `${response.status} ${text}`;
}

it.each([100, 300])(
  "%i first questions at once are served late, not refused, while all cores are busy",
  async (count) => {
    busy = Array.from({ length: BUSY_THREADS }, () => new Worker("for (;;);", { eval: true }));
    const asked = Array.from({ length: count }, (_, index) =>
      ask(`198.51.${count % 256}.${index % 250}`, index % 2 === 0 ? "application/json" : "text/event-stream"),
    );
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome !== "served")).toEqual([]);
  },
);
