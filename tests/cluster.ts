import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { sessionFingerprint } from "../app/conversation/session/session-hash.ts";
import { parseHeader } from "../app/store/sessions/session-header.ts";
import { filesIn } from "./fixtures/store/stored-files.ts";
import { startCluster, type Cluster, type ClusterNode } from "./fixtures/cluster.ts";

/**
 * `npm run cluster -- --nodes 3 --port 3000 --data ./data`: several nodes of the production build over one
 * directory, behind a load balancer without stickiness, for people to see what happens when one is killed, frozen
 * or restarted.
 */
const HELP = `Type a letter and a node's number, such as k1, and Enter:
  k kill (as a power cut)   f freeze   t thaw   r restart (as a deployment; a killed one starts again)
  s status: the nodes, the answers that each is writing, and the conversations   q quit
`;
const DEMONSTRATION = {
  // Short, so that a restart in mid-reply shows how another node goes on with it.
  DRAIN_SECONDS: "2",
  // A reading pace: the long story takes about a minute, enough to find its node and to kill it.
  DEMO_TOKENS_PER_SECOND: "9",
  SHOW_NODES: "on",
};
/** After so long a load balancer's health check takes out a node that does not answer. */
const UNHEALTHY_AFTER_MS = 3_000;

const { nodes: size, port, data: dataDir } = readOptions();
const cluster = await start();
console.log(`\nHoldfast on ${size} nodes: ${cluster.url}`);
console.log(`Conversations: ${dataDir}\n\n${HELP}`);
status();

const actions: Record<string, (node: ClusterNode) => Promise<void> | void> = {
  k: (node) => node.kill(),
  async f(node) {
    await node.freeze();
    setTimeout(() => cluster.balance(node, node.state !== "frozen"), UNHEALTHY_AFTER_MS).unref();
  },
  async t(node) {
    await node.thaw();
    cluster.balance(node, true);
  },
  async r(node) {
    console.log(`  ${node.name} restarts …`);
    cluster.balance(node, false);
    await node.terminate();
    await node.start();
    cluster.balance(node, true);
  },
};
/** One thing at a time with each node; others need not wait for it. */
const busy = new Set<ClusterNode>();

for await (const line of createInterface({ input: process.stdin })) {
  const [, letter = "", number] = /^\s*([a-z])\s*(\d?)\s*$/i.exec(line) ?? [];
  const node = cluster.nodes[Number(number) - 1];
  const action = actions[letter.toLowerCase()];
  if (/^q$/i.test(letter)) await quit();
  else if (/^s$/i.test(letter) || /^\s*status\s*$/i.test(line)) status();
  else if (!action || !node) console.log("Not understood. Examples: k1, f2, t2, r1, s, q");
  else if (busy.has(node)) console.log(`  ${node.name} is busy with the last command`);
  else void perform(action, node);
}
// Without a keyboard there is nobody to say `q`: it runs until it is told to end.
if (process.stdin.isTTY) await quit();
else setInterval(() => {}, 2 ** 30);

async function perform(action: (typeof actions)[string], node: ClusterNode) {
  busy.add(node);
  try {
    await action(node);
  } catch (error) {
    console.log((error as Error).message);
  }
  busy.delete(node);
  status();
}

function status() {
  const sessions = readRunners();
  for (const [index, node] of cluster.nodes.entries()) {
    const written = sessions
      .filter(({ runner }) => runner === node.name)
      .map(({ fingerprint }) => fingerprint);
    const writes = written.length === 0 ? "" : `  writes the answer of session ${written.join(", ")}`;
    console.log(`  ${index + 1}  ${node.name}  ${node.state}${writes}`);
  }
  console.log(`  ${sessions.length} sessions in ${dataDir}\n`);
}

/** The sessions on the volume, as the page names them, with the node that writes the answer of each. */
function readRunners(): { fingerprint: string; runner: string | null }[] {
  const folder = join(dataDir, "sessions");
  if (!existsSync(folder)) return [];
  const revisions = filesIn(folder, /^\d+\.json$/);
  // In the order of their names, so that the newest is the last.
  const newest = new Map(revisions.map((file) => [basename(dirname(file.path)), file]));
  return [...newest].flatMap(([sessionHash, { path, bytes }]) => {
    const read = parseHeader(bytes, parseInt(basename(path), 10));
    if (read.kind !== "whole" || read.document.retiredAt !== undefined) return [];
    const runner = read.document.reply?.node?.split(".")[0] ?? null;
    return { fingerprint: sessionFingerprint(sessionHash), runner };
  });
}

async function quit(): Promise<never> {
  await cluster.stop();
  process.exit(0);
}

async function start(): Promise<Cluster> {
  const { HOST = "127.0.0.1", ...env } = { ...DEMONSTRATION, ...process.env };
  const own = ["PORT", "NODE_NAME", "NODE_ENV"];
  try {
    return await startCluster({
      size,
      port,
      host: HOST,
      dataDir,
      env: Object.fromEntries(
        Object.entries(env).filter(
          (entry): entry is [string, string] => entry[1] !== undefined && !own.includes(entry[0]),
        ),
      ),
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail(
      code === "EADDRINUSE"
        ? `Port ${port} is in use. Choose another: npm run cluster -- --port 3100`
        : message,
    );
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: "string", default: "3" },
        port: { type: "string", default: "3000" },
        data: { type: "string", default: "./data" },
      },
    });
    return {
      nodes: whole("--nodes", values.nodes, 1, 9),
      port: whole("--port", values.port, 1, 65_535),
      data: values.data,
    };
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return fail(`${name} must be from ${min} to ${max}.`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
