import { NO_LIMITS } from "../../fixtures/no-limits.ts";
import { fileURLToPath } from "node:url";
import { startChildServer, type ChildServer } from "./child-server.ts";

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

/** A node of the production build, as `npm start` runs it. */
export const startHoldfast = (modelUrl: string, dataDir: string, name = "node-1"): Promise<ChildServer> =>
  startChildServer(["node_modules/@remix-run/serve/dist/cli.js", "build/index.js"], {
    cwd: root,
    readyPath: "/readyz",
    env: {
      ...NO_LIMITS,
      UV_THREADPOOL_SIZE: "16",
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
      ...(process.env.BENCH_NODE_OPTIONS && { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS }),
    },
  });
