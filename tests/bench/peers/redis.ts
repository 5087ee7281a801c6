import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "~/conversation/session/session";
import { startServer } from "../server-process.ts";
import type { Contestant } from "../turn-store.ts";
import { connectRedis } from "./redis-client.ts";

export const redis: Contestant = {
  name: "Redis",
  durability: "appendfsync always; a server, all in memory",
  why: "Appends only the message, with one fsync for all that came in the same moment, and reads from memory. Needs memory for every conversation, a server that is a single point of failure, and `appendfsync always`, which is not its default.",
  async start(folder) {
    await mkdir(folder, { recursive: true });
    const socket = join(folder, "socket");
    const settings = {
      port: "0",
      unixsocket: socket,
      dir: folder,
      appendonly: "yes",
      appendfsync: "always",
      save: '""',
      daemonize: "no",
    };
    const config = join(folder, "redis.conf");
    await writeFile(
      config,
      Object.entries(settings).map((line) => `${line.join(" ")}\n`),
    );
    const server = await startServer({ command: "redis-server", args: [config], stopSignal: "SIGTERM" });
    const client = await server.connect(() => connectRedis(socket));
    const listOf = (index: number) => `session:${index}`;
    return {
      async begin(index, messages) {
        await client.call("RPUSH", listOf(index), ...messages.map((message) => JSON.stringify(message)));
      },
      async appendTurn(index, message) {
        await client.call("RPUSH", listOf(index), JSON.stringify(message));
      },
      async read(index) {
        const bodies = await client.call("LRANGE", listOf(index), "0", "-1");
        return (bodies as string[]).map((body) => JSON.parse(body) as Message);
      },
      writers: server.processes,
      async close() {
        client.end();
        await server.stop();
      },
    };
  },
};
