import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../fixtures/free-port.ts";
import { endWithThisProcess } from "../../fixtures/process-group.ts";

export type ChildServer = { url: string; pid: number; stop(): Promise<void> };

const PATIENCE_MS = 60_000;

/**
 * A server in a process of its own, on a port that it is told in PORT. Resolves when `readyPath` is answered.
 * @param options.command what runs it; this Node by default
 */
export async function startChildServer(
  args: readonly string[],
  options: { command?: string; env?: Record<string, string>; readyPath?: string; cwd?: string } = {},
): Promise<ChildServer> {
  const { command = process.execPath, env = {}, readyPath = "/", cwd = process.cwd() } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      PORT: String(port),
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4_000)));
  }
  endWithThisProcess(child.pid!);
  let running = true;
  const ended = once(child, "exit").then(() => (running = false));

  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await isReady(url + readyPath))) {
    if (!running || performance.now() > giveUpAt) {
      child.kill("SIGKILL");
      throw new Error(`${args.join(" ")} is not ready. It said:\n${output}`);
    }
    await delay(50);
  }
  return {
    url,
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([ended, delay(8_000, undefined, { ref: false })]);
      if (running) child.kill("SIGKILL");
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status < 500;
  } catch {
    return false;
  }
}
