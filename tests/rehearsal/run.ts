import { parseArgs } from "node:util";
import { containerTasks } from "./container-tasks.ts";
import { FOREIGN_FOLDER, startRehearsal, type People } from "./rehearsal.ts";

/**
 * `npm run rehearse-deploy -- --scale 10`: deploys copilot/ on this machine, replaces the release under people who
 * chat, then tries one that never gets ready, and tells what they would have noticed. `--scale 1` takes as long as
 * AWS does. `--image TAG` runs containers of an image that was built before, with the task's memory and CPU.
 */
const HELP = `npm run rehearse-deploy -- [options]

  --scale N          N times as fast as AWS, from 1 (twenty minutes) to 20; 10 without it
  --environment E    the environment whose manifest counts; prod without it
  --image TAG        containers of an image that was built before, in the place of processes
  --engine NAME      what runs them; podman without it, or docker
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        environment: { type: "string", default: "prod" },
        scale: { type: "string", default: "10" },
        image: { type: "string" },
        engine: { type: "string", default: "podman" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    process.exit(1);
  }
}

const values = readOptions();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const timeScale = Number(values.scale);
if (!(timeScale >= 1 && timeScale <= 20)) {
  console.error("--scale must be from 1, which takes twenty minutes, to 20.");
  process.exit(1);
}

const began = performance.now();
const say = (text: string) =>
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
const { image, engine } = values;

/** Says why it ends early, in a sentence: what a task said is in the message. */
function explain(error: unknown) {
  console.error(`\nThe rehearsal ended early: ${error instanceof Error ? error.message : String(error)}`);
}

const rehearsal = await startRehearsal({
  environment: values.environment,
  timeScale,
  event: say,
  ...(image !== undefined && {
    launchWith: (volume, deployment) => containerTasks({ engine, image, volume, deployment }),
  }),
}).catch((error: unknown) => {
  explain(error);
  process.exit(1);
});
let complaints = 0;

async function act(title: string, people: People, happening: () => Promise<void>) {
  console.log(`\n== ${title}, under ${people.waiting + people.patient + people.chatty} conversations`);
  const observed = await rehearsal.chatThrough(happening, people);
  for (const complaint of observed.complaints) console.log(`   NOTICED  ${complaint}`);
  complaints += observed.complaints.length;
}

async function expectEnd(release: string, changes: Record<string, string>, end: "completed" | "rolled back") {
  const ended = await rehearsal.service.deploy(rehearsal.release(release, changes));
  if (ended !== end) throw new Error(`${release} was ${ended}.`);
}

try {
  await act("a rolling update", { waiting: 1, patient: 3, chatty: 6 }, () =>
    expectEnd("the second release", {}, "completed"),
  );
  await act("a release that cannot write its volume", { waiting: 0, patient: 0, chatty: 2 }, () =>
    expectEnd("a bad release", { DATA_DIR: FOREIGN_FOLDER }, "rolled back"),
  );
  await act("a task that is stopped at once", { waiting: 0, patient: 2, chatty: 2 }, async () => {
    const running = rehearsal.service.tasks.filter(({ state }) => state === "running");
    await rehearsal.service.stopTask(running[0]!);
  });
  const { requests, reused } = rehearsal.balancer.passed;
  console.log(
    `\n${requests} requests through the load balancer, ${reused} of them on connections that were used before; ` +
      `${rehearsal.said("took over the reply")} answers begun by one task and ended by another.`,
  );
  console.log(complaints === 0 ? "Nobody has noticed anything." : `${complaints} things were noticed.`);
  process.exitCode = complaints === 0 ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
} finally {
  await rehearsal.stop();
}
