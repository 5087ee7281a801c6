import { createInterface } from "node:readline";
import { NODE, REPOSITORY, rig, startOnClient, type Client } from "../fixtures/nfs-rig.ts";
import type { Methods, ProcessEvent } from "./store-process.ts";

type Call = <Name extends keyof Methods>(
  name: Name,
  ...args: Parameters<Methods[Name]>
) => Promise<Awaited<ReturnType<Methods[Name]>>>;

/** A store process on a client, as the scenario sees it. */
export type StoreProcess = {
  client: Client;
  name: string;
  /** Rejects when the process or its machine ends first. */
  call: Call;
  /** The next event of this kind. */
  next<Kind extends ProcessEvent["event"]>(kind: Kind): Promise<Extract<ProcessEvent, { event: Kind }>>;
  freeze(): Promise<unknown>;
  thaw(): Promise<unknown>;
  /** Resolves when it has frozen itself. */
  frozen(): Promise<void>;
  end(): void;
};

const START_MS = 60_000;

export async function startProcess(
  client: Client,
  name: string,
  dataDir: string,
  onEvent: (event: ProcessEvent) => void,
): Promise<StoreProcess> {
  const child = startOnClient(
    client,
    `cd ${REPOSITORY} && UV_THREADPOOL_SIZE=16 exec ${NODE} --import ./tests/fixtures/register-app.ts ` +
      `tests/nfs/store-process.ts ${dataDir} ${name}`,
  );
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  // Its machine may have lost its power: then nobody reads.
  child.stdin!.on("error", () => undefined);

  const calls = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  const listeners = new Set<(event: ProcessEvent) => void>([onEvent]);
  let ended: Error | null = null;
  child.once("close", () => {
    ended = new Error(`process ${name} on ${client} has ended${said && `: ${said}`}`);
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
  });
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const said = JSON.parse(line) as ProcessEvent | { call: number; result: never; error?: string };
    if ("event" in said) {
      for (const listener of [...listeners]) listener(said);
      return;
    }
    if (said.error === undefined) calls.get(said.call)?.resolve(said.result);
    else calls.get(said.call)?.reject(new Error(said.error));
    calls.delete(said.call);
  });

  const next: StoreProcess["next"] = (kind) =>
    new Promise((resolve) => {
      const listener = (event: ProcessEvent) => {
        if (event.event !== kind) return;
        listeners.delete(listener);
        resolve(event as never);
      };
      listeners.add(listener);
    });

  let number = 0;
  const call: Call = (method, ...args) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const call = ++number;
      calls.set(call, { resolve, reject });
      child.stdin!.write(`${JSON.stringify({ call, method, args })}\n`);
    });

  const timeout = setTimeout(() => child.kill(), START_MS);
  const { pid } = await Promise.race([
    next("ready"),
    new Promise<never>((_, reject) =>
      child.once("close", () => reject(new Error(`process ${name} on ${client} did not start: ${said}`))),
    ),
  ]);
  clearTimeout(timeout);

  const signal = (name: string) => rig("run", client, `kill -${name} ${pid}`);
  return {
    client,
    name,
    call,
    next,
    freeze: () => signal("STOP"),
    thaw: () => signal("CONT"),
    frozen: async () => {
      await rig("run", client, `until grep -q '^State:.T' /proc/${pid}/status; do sleep 0.01; done`);
    },
    end: () => void child.kill(),
  };
}
