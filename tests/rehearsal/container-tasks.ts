import { execFile, spawn, spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../fixtures/free-port.ts";
import type { Deployment } from "./deployment.ts";
import { listening } from "./process-tasks.ts";
import type { Exit, LaunchTask, Task } from "./task.ts";

type Options = { engine: string; image: string; volume: string; deployment: Deployment };

const LOOK_EVERY_MS = 500;

/**
 * Tasks as containers of an image, with the task's memory and CPU, its init process, and its user. They share the
 * machine's network, so that they find what stands for AWS on 127.0.0.1, and have a port each.
 */
export function containerTasks({ engine, image, volume, deployment }: Options): LaunchTask {
  const { owner, size, dataDir } = deployment;
  const prefix = `holdfast-rehearsal-${process.pid}-`;
  const ends = watchExits(engine, prefix);
  let count = 0;
  return async (variables) => {
    const id = String(++count);
    const port = await freePort();
    const name = prefix + id;
    const set = { ...variables, HOST: "127.0.0.1", PORT: String(port), NODE_NAME: name };
    process.once("exit", () => spawnSync(engine, ["rm", "--force", name], { stdio: "ignore" }));
    await run(engine, [
      ...["run", "--detach", "--init", "--name", name, "--pull=never", "--network=host"],
      ...["--memory", `${size.memory}m`, "--cpus", String(size.cpu / 1_024)],
      ...["--user", `${owner.uid}:${owner.gid}`, "--volume", `${volume}:${dataDir}`],
      ...Object.entries(set).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      image,
    ]);
    const logs = spawn(engine, ["logs", "--follow", name], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [logs.stdout, logs.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const exited = ends.of(name).finally(() => logs.kill());
    return {
      id,
      url: `http://127.0.0.1:${port}`,
      listening: listening(port, exited),
      exited,
      output: () => output,
      signal: (signal) => void spawn(engine, ["kill", "--signal", signal, name], { stdio: "ignore" }),
    } satisfies Task;
  };
}

/** Asked for again and again: what waits for a container, or follows its log, may hear of its end 20 s later (Podman 4). */
function watchExits(engine: string, prefix: string) {
  const waiting = new Map<string, (exit: Exit) => void>();
  let isPolling = false;

  async function poll() {
    isPolling = true;
    while (waiting.size > 0) {
      const names = ["--filter", `name=${prefix}`, "--format", "{{.Names}} {{.Status}}"];
      for (const line of (await run(engine, ["ps", "--all", ...names])).split("\n")) {
        const [, name, code] = /^(\S+) Exited \((\d+)\)/.exec(line) ?? [];
        if (name === undefined) continue;
        waiting.get(name)?.({ code: Number(code), signal: null });
        waiting.delete(name);
      }
      await delay(LOOK_EVERY_MS);
    }
    isPolling = false;
  }

  return {
    of(name: string): Promise<Exit> {
      const { promise, resolve } = Promise.withResolvers<Exit>();
      waiting.set(name, resolve);
      if (!isPolling) void poll();
      return promise;
    },
  };
}

/** @returns what the command prints @throws with what it says of its failure, without the whole command */
async function run(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args)).stdout.trim();
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(`${command} ${args[0]!} failed: ${stderr.trim() || message}`, { cause: error });
  }
}
