import { NO_LIMITS } from "../../fixtures/no-limits.ts";
import { freePort } from "../../fixtures/free-port.ts";
import { fileURLToPath } from "node:url";
import { startChildServer, type ChildServer } from "./child-server.ts";
import type { Counted } from "./counted-volume.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const appLoader = ["--import", "./tests/fixtures/register-app.ts"];
const program = (name: string) => [...appLoader, `tests/bench/stream/${name}.ts`];

export const startModelStub = (): Promise<ChildServer> =>
  startChildServer(program("model-stub"), { cwd: root, readyPath: "/v1" });

export const startBareServer = (modelUrl: string): Promise<ChildServer> =>
  startChildServer(program("bare-server"), { cwd: root, env: { MODEL_URL: modelUrl } });

export const startResumableServer = (env: {
  MODEL_URL: string;
  PEERS: string;
  REDIS_SOCKET: string;
}): Promise<ChildServer> => startChildServer(program("resumable-server"), { cwd: root, env });

/** A node whose calls to the file system are counted, and may be made slow. */
export type CountedServer = ChildServer & {
  /** All file calls so far. */
  counts(): Promise<Counted>;
};

export async function startCountedHoldfast(
  modelUrl: string,
  dataDir: string,
  roundTripMs = 0,
): Promise<CountedServer> {
  const port = await freePort();
  const server = await startHoldfast(modelUrl, dataDir, "node-1", {
    args: [...appLoader, "--import", "./tests/bench/stream/counted-server.ts"],
    env: { COUNTS_PORT: String(port), ROUND_TRIP_MS: String(roundTripMs) },
  });
  return {
    ...server,
    counts: async () => (await fetch(`http://127.0.0.1:${port}`)).json() as Promise<Counted>,
  };
}

const START = ["app/start.sh"];
const SERVE = ["node_modules/@remix-run/serve/dist/cli.js", "build/index.js"];

/** A node of the production build, as `npm start` runs it: the script sets what Node and glibc are started with. */
export const startHoldfast = (
  modelUrl: string,
  dataDir: string,
  name = "node-1",
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<ChildServer> =>
  startChildServer([...START, process.execPath, ...args, ...SERVE], {
    command: "sh",
    cwd: root,
    readyPath: "/readyz",
    env: {
      ...NO_LIMITS,
      HOST: "127.0.0.1",
      NODE_NAME: name,
      DATA_DIR: dataDir,
      DRAIN_SECONDS: "0",
      LOG_LEVEL: "warn",
      // The bare server gives none either.
      TITLE_MODEL: "none",
      MODEL_PROVIDER: "openai-compatible",
      MODELS: "openai-compatible/stub",
      OPENAI_COMPATIBLE_BASE_URL: modelUrl,
      ...env,
      ...(process.env.BENCH_NODE_OPTIONS && { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS }),
    },
  });
