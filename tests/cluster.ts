import { parseArgs } from "node:util";
import { startCluster, type ClusterNode } from "./fixtures/cluster.ts";

/**
 * `npm run cluster`: several nodes of the production build over one directory, behind a load balancer without
 * stickiness, for people to try what happens when one is killed, frozen or restarted.
 */
const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "3" },
    port: { type: "string", default: "3000" },
    data: { type: "string", default: "./data" },
  },
});

const size = Number(values.nodes);
if (!Number.isInteger(size) || size < 1 || size > 9) {
  console.error("--nodes must be from 1 to 9.");
  process.exit(1);
}

const { HOST = "127.0.0.1", ...env } = process.env;
const cluster = await startCluster({
  size,
  port: Number(values.port),
  host: HOST,
  dataDir: values.data,
  env: Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !["PORT", "NODE_NAME", "NODE_ENV"].includes(entry[0]),
    ),
  ),
});

console.log(`\nHoldfast on ${size} nodes: ${cluster.url}`);
console.log(`Conversations: ${values.data}\n`);
console.log("Type a letter and a node's number, such as k1, and Enter:");
console.log("  k kill   f freeze   t thaw   r restart (drain, then start; or start)   s status   q quit\n");
status();

const actions: Record<string, (node: ClusterNode) => Promise<void> | void> = {
  async k(node) {
    await node.kill();
  },
  f: (node) => node.freeze(),
  t: (node) => node.thaw(),
  async r(node) {
    await node.terminate();
    await node.start();
  },
};

process.stdin.setEncoding("utf8");
for await (const input of process.stdin) {
  const [, letter, number] = /^([a-z])\s*(\d?)/.exec(String(input).trim()) ?? [];
  const node = cluster.nodes[Number(number) - 1];
  const action = letter === undefined ? undefined : actions[letter];
  if (letter === "q") break;
  else if (letter === "s") status();
  else if (action && node) {
    await action(node);
    status();
  } else console.log("Not understood. Examples: k1, f2, t2, r1, s, q");
}
await cluster.stop();
process.exit(0);

function status() {
  for (const [index, node] of cluster.nodes.entries()) {
    console.log(`  ${index + 1}  ${node.name}  ${node.state}`);
  }
  console.log();
}
