import { setTimeout as delay } from "node:timers/promises";
import type { ServiceSettings } from "./deployment.ts";
import type { Target } from "./load-balancer.ts";
import type { Exit, LaunchTask, Task } from "./task.ts";

/** A task definition, which is all that a release changes. */
export type Release = { name: string; variables: Readonly<Record<string, string>> };

export type ServiceTask = {
  readonly task: Task;
  readonly release: Release;
  readonly target: Target | null;
  readonly state: "starting" | "running" | "stopping" | "stopped";
  /** How it ended; `killed` where SIGTERM and the time after it were not enough. */
  readonly ending: (Exit & { killed: boolean }) | null;
};

export type EcsService = {
  /** Every task there ever was, oldest first. */
  readonly tasks: readonly ServiceTask[];
  /** The fewest tasks that could be sent requests, since this was asked last. */
  fewestHealthy(): number;
  /** Replaces what runs by a release. Resolves when nothing of the other is left. */
  deploy(release: Release): Promise<"completed" | "rolled back">;
  /** As `aws ecs stop-task` and the end of a machine: SIGTERM at once, not after the load balancer has let go. */
  stopTask(task: ServiceTask): Promise<void>;
  /** To be called when a target's state has changed. */
  reconcile(): void;
  stop(): Promise<void>;
};

type Options = ServiceSettings & {
  launch: LaunchTask;
  register: (url: string) => Target;
  /** Told what ECS would write into the events of the service. */
  event: (text: string) => void;
};

type Entry = { -readonly [Key in keyof ServiceTask]: ServiceTask[Key] } & { failed: boolean };

/**
 * The scheduler of ECS for rolling updates: new tasks as far as the maximum allows, old ones out as far as the
 * minimum of healthy ones allows, and back to the last release that worked where the new one does not.
 */
export function createEcsService(options: Options): EcsService {
  const { tasks: desired, launch, register, event } = options;
  const most = Math.floor((desired * options.maximumPercent) / 100);
  const least = Math.ceil((desired * options.minimumHealthyPercent) / 100);
  /** The circuit breaker's own rule, for services of this size. */
  const mayFail = Math.min(200, Math.max(3, Math.ceil(desired * 0.5)));
  const entries: Entry[] = [];
  let primary: Release | null = null;
  let lastGood: Release | null = null;
  let failures = 0;
  let deployed: PromiseWithResolvers<"completed" | "rolled back"> | null = null;
  let isRolledBack = false;
  let fewest = Infinity;
  let isOver = false;
  let launching = 0;

  const active = () => entries.filter(({ state }) => state === "starting" || state === "running");
  const isHealthy = ({ target }: Entry) => target?.state === "healthy";

  function reconcile() {
    if (isOver || !primary) return;
    const all = active();
    fewest = Math.min(fewest, all.filter(isHealthy).length);
    const current = all.filter(({ release }) => release === primary);
    const old = all.filter(({ release }) => release !== primary);

    const missing = Math.min(desired - current.length, most - all.length) - launching;
    for (let count = 0; count < missing; count++) void start(primary);

    let healthy = all.filter(isHealthy).length;
    for (const entry of old) {
      if (isHealthy(entry)) {
        if (healthy - 1 < least) continue;
        healthy -= 1;
      }
      void end(entry, "after the load balancer has let go");
    }
    if (deployed && current.filter(isHealthy).length >= desired && !entries.some(remains)) {
      event(`has reached a steady state with ${primary.name}`);
      lastGood = primary;
      deployed.resolve(isRolledBack ? "rolled back" : "completed");
      deployed = null;
    }
  }

  const remains = ({ release, state }: Entry) => release !== primary && state !== "stopped";

  async function start(release: Release) {
    launching += 1;
    let task: Task;
    try {
      task = await launch(release.variables);
    } catch (error) {
      // Not the release's fault, so there is nothing to roll back to: what starts tasks does not work here.
      primary = null;
      deployed?.reject(new Error(`No task could be started. ${(error as Error).message}`));
      return;
    } finally {
      launching -= 1;
    }
    const entry: Entry = { task, release, target: null, state: "starting", ending: null, failed: false };
    entries.push(entry);
    event(`has started task ${task.id} of ${release.name}`);
    void task.exited.then(async (exit) => {
      const isOwnDoing = entry.state !== "stopping";
      entry.ending ??= { ...exit, killed: false };
      entry.state = "stopped";
      if (isOwnDoing) {
        if (entry.target) void entry.target.deregister();
        fail(entry, `ended by itself with ${exit.signal ?? exit.code}`);
      }
      reconcile();
    });
    // How long a process takes to come up is not scaled, so the clocks of ECS start when it has.
    try {
      await task.listening;
    } catch {
      return;
    }
    if (entry.state !== "starting") return;
    entry.state = "running";
    entry.target = register(task.url);
    setTimeout(() => watch(entry), options.graceMs).unref();
  }

  /** From the end of the grace period on. */
  function watch(entry: Entry) {
    if (entry.state !== "running") return;
    if (entry.target?.state === "unhealthy") {
      fail(entry, "failed the load balancer's health checks");
      void end(entry, "after the load balancer has let go");
    } else setTimeout(() => watch(entry), 50).unref();
  }

  function fail(entry: Entry, why: string) {
    if (entry.failed || isOver) return;
    entry.failed = true;
    event(`task ${entry.task.id} of ${entry.release.name} ${why}`);
    if (entry.release !== primary || !deployed || isRolledBack) return;
    failures += 1;
    if (failures < mayFail) return;
    if (!lastGood) {
      const output = entry.task.output();
      primary = null;
      return deployed.reject(new Error(`There is nothing to roll back to. Its last task said:\n${output}`));
    }
    event(`deployment of ${primary.name} failed: ${failures} tasks failed. Rolling back to ${lastGood.name}`);
    isRolledBack = true;
    primary = lastGood;
  }

  async function end(entry: Entry, order: "after the load balancer has let go" | "at once") {
    if (entry.state !== "starting" && entry.state !== "running") return;
    entry.state = "stopping";
    const { task, target } = entry;
    event(`is stopping task ${task.id} of ${entry.release.name}`);
    const deregistered = target?.deregister();
    reconcile();
    if (order === "after the load balancer has let go") await deregistered;
    task.signal("SIGTERM");
    const tooLong = new AbortController();
    const killed = await Promise.race([
      task.exited.then(() => false),
      delay(options.stopMs, true, { signal: tooLong.signal }).catch(() => false),
    ]);
    tooLong.abort();
    if (killed) task.signal("SIGKILL");
    entry.ending = { ...(await task.exited), killed };
    entry.state = "stopped";
    await deregistered;
    event(`task ${task.id} has stopped ${killed ? "by SIGKILL" : `with code ${entry.ending.code}`}`);
    reconcile();
  }

  return {
    tasks: entries,
    fewestHealthy() {
      const seen = fewest;
      fewest = active().filter(isHealthy).length;
      return seen;
    },
    deploy(release) {
      primary = release;
      failures = 0;
      isRolledBack = false;
      deployed = Promise.withResolvers();
      event(`has begun to deploy ${release.name}`);
      const { promise } = deployed;
      reconcile();
      return promise;
    },
    stopTask: (task) => end(task as Entry, "at once"),
    reconcile,
    async stop() {
      isOver = true;
      for (const { task } of entries) task.signal("SIGKILL");
      await Promise.all(entries.map(({ task }) => task.exited));
    },
  };
}
