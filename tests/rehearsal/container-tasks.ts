import { spawn, spawnSync } from "node:child_process";
import { freePort } from "../fixtures/free-port.ts";
import type { Deployment } from "./deployment.ts";
import { listening } from "./process-tasks.ts";
import type { Exit, LaunchTask, Task } from "./task.ts";

type Options = { engine: string; image: string; volume: string; deployment: Deployment };

/**
 * Tasks as containers of an image, with the task's memory and CPU, its init process, and its user. They share the
 * machine's network, so that they find what stands for AWS on 127.0.0.1, and have a port each.
 */
export function containerTasks({ engine, image, volume, deployment }: Options): LaunchTask {
  const { owner, size, dataDir } = deployment;
  let count = 0;
  return async (variables) => {
    const port = await freePort();
    const name = `holdfast-rehearsal-${process.pid}-${++count}`;
    const set = { ...variables, HOST: "127.0.0.1", PORT: String(port), NODE_NAME: name };
    const child = spawn(
      engine,
      [
        ...["run", "--rm", "--init", "--name", name, "--pull=never", "--network=host"],
        ...["--memory", `${size.memory}m`, "--cpus", String(size.cpu / 1_024)],
        ...["--user", `${owner.uid}:${owner.gid}`, "--volume", `${volume}:${dataDir}`],
        ...Object.entries(set).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
        image,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    process.once("exit", () => spawnSync(engine, ["rm", "--force", name], { stdio: "ignore" }));
    return {
      id: String(count),
      url: `http://127.0.0.1:${port}`,
      listening: listening(port, exited),
      exited,
      output: () => output,
      signal: (signal) => void spawn(engine, ["kill", "--signal", signal, name], { stdio: "ignore" }),
    } satisfies Task;
  };
}
