import { afterAll, beforeAll, expect, it } from "vitest";
import type { HandoffBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster } from "../fixtures/cluster";

const HANDOFFS = 40;
const CLAIMS_PER_NODE = 4;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ size: 3 });
});
afterAll(() => cluster.stop());

it("a hand-off is given once, whichever nodes are asked and however many ask at once", async () => {
  const post = (url: string, path: string, id: string, sealed?: string) =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "X-Handoff-Id": id, "Content-Type": "application/json" },
      ...(sealed !== undefined && { body: JSON.stringify({ sealed }) }),
    });
  for (let n = 0; n < HANDOFFS; n++) {
    const id = newId();
    const sealed = `sealed-${String(n)}`;
    expect((await post(cluster.nodes[n % 3]!.url, "/api/handoffs", id, sealed)).status).toBe(201);
    const claims = cluster.nodes.flatMap(({ url }) =>
      Array.from({ length: CLAIMS_PER_NODE }, () => post(url, "/api/handoffs/claim", id)),
    );
    const answers = await Promise.all(claims);
    const given = answers.filter(({ ok }) => ok);
    expect(given).toHaveLength(1);
    expect((await given[0]!.json()) as HandoffBody).toEqual({ sealed });
    expect(new Set(answers.filter(({ ok }) => !ok).map(({ status }) => status))).toEqual(new Set([404]));
  }
});
