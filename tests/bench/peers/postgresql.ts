import { execFile } from "node:child_process";
import { appendFileSync, chownSync, globSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Message } from "~/conversation/session/session";
import { startServer } from "../server-process.ts";
import { NotInstalled, type Contestant } from "../turn-store.ts";
import { connectPostgresql } from "./postgresql-client.ts";

const run = promisify(execFile);

const CREATE = `CREATE TABLE message (number bigint GENERATED ALWAYS AS IDENTITY,
  session int, id text, body text, UNIQUE (session, id))`;
const INSERT = "INSERT INTO message (session, id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const SELECT = "SELECT body FROM message WHERE session = $1 ORDER BY number";

/** With the settings that initdb makes: fsync and synchronous_commit are on. One connection for each session. */
export const postgresql: Contestant = {
  name: "PostgreSQL",
  durability: "fsync, synchronous_commit; a server",
  why: "Appends a row; sessions that commit together share one fsync. Its processes compete with the client for the cores. Needs a server, its upgrades and its backups.",
  async start(folder, concurrency) {
    const bin = findBinaries();
    const user = await serverUser();
    const data = join(folder, "data");
    mkdirSync(data, { recursive: true });
    if (user) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
    await run(join(bin, "initdb"), ["-D", data, "-U", "bench", "--auth=trust", "-E", "UTF8"], user);
    appendFileSync(
      join(data, "postgresql.conf"),
      `listen_addresses = ''\nunix_socket_directories = '${folder}'\n`,
    );
    const server = await startServer({
      command: join(bin, "postgres"),
      args: ["-D", data],
      // At once, without a checkpoint: nobody needs the data.
      stopSignal: "SIGQUIT",
      user,
    });
    const connection = () => connectPostgresql(join(folder, ".s.PGSQL.5432"), "bench", "postgres");
    const first = await server.connect(connection);
    await first.query(CREATE, []);
    const others = Array.from({ length: concurrency - 1 }, connection);
    const clients = [first, ...(await Promise.all(others))];
    const clientOf = (index: number) => clients[index % concurrency]!;
    const append = (index: number, message: Message) =>
      clientOf(index).query(INSERT, [String(index), message.id, JSON.stringify(message)]);
    return {
      async begin(index, messages) {
        for (const message of messages) await append(index, message);
      },
      async appendTurn(index, message) {
        await append(index, message);
      },
      async read(index) {
        const rows = await clientOf(index).query(SELECT, [String(index)]);
        return rows.map(([body]) => JSON.parse(body!) as Message);
      },
      writers: server.processes,
      async close() {
        for (const client of clients) client.end();
        await server.stop();
      },
    };
  },
};

function findBinaries(): string {
  const found = globSync("/usr/lib/postgresql/*/bin/initdb").sort().at(-1);
  if (found === undefined) throw new NotInstalled("there is no /usr/lib/postgresql/*/bin/initdb");
  return dirname(found);
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
async function serverUser() {
  if (process.geteuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}
