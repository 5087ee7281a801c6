import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startBedrockEndpoint, type BedrockEndpoint } from "../fixtures/models/bedrock-endpoint.ts";
import { readDeployment, type Deployment } from "./deployment.ts";
import { createEcsService, type EcsService, type Release, type ServiceTask } from "./ecs-service.ts";
import { startLoadBalancer, type LoadBalancer } from "./load-balancer.ts";
import { openPage, type OpenPage } from "./open-page.ts";
import { makeVolume, processTasks } from "./process-tasks.ts";
import { makeProductionInstall } from "./production-install.ts";
import { startTaskRole, type TaskRole } from "./task-role.ts";
import type { LaunchTask } from "./task.ts";

/** The service as it is deployed, minus AWS. */
export type Rehearsal = {
  readonly url: string;
  readonly deployment: Deployment;
  readonly service: EcsService;
  readonly balancer: LoadBalancer;
  readonly role: TaskRole;
  readonly bedrock: BedrockEndpoint;
  /** What is deployed, under another name, with other variables where given. */
  release(name: string, changes?: Record<string, string>): Release;
  /**
   * Lets people chat while something happens to the service, and after that until their answers are whole.
   * @returns everything that one of them, the load balancer or ECS would complain of
   */
  chatThrough(
    happening: () => Promise<void>,
    people: People,
  ): Promise<{ complaints: string[]; pages: OpenPage[] }>;
  /** How often the tasks have said this. */
  said(message: string): number;
  stop(): Promise<void>;
};

/**
 * Some wait for a model that says nothing before it is over, some ask for one answer that is longer than all that
 * happens, and some ask again and again.
 */
export type People = { waiting: number; patient: number; chatty: number };

export type RehearsalOptions = {
  environment?: string;
  /** By what all times are divided. */
  timeScale: number;
  /** Starts tasks in another way than as processes. */
  launchWith?: (volume: string, deployment: Deployment) => LaunchTask;
  /** Told what happens. */
  event?: (text: string) => void;
  /** What is to be different from copilot/, to see what comes of it. */
  change?: (deployment: Deployment) => void;
};

/** A folder that belongs to root: what a volume of another user is to a task. */
export const FOREIGN_FOLDER = "/usr/share/holdfast";

/** An answer of about 4 s, and one whose model is silent until all is over. */
const SHORT = "Count a little. [paced:50] [words:80]";
const THINKING = "Think first. [think] [words:40]";

/** An answer of 20 s at the scale of the tests, longer at a smaller one: it is to outlast the task that begins it. */
const longQuestion = (timeScale: number) =>
  `Count for long. [paced:50] [words:${Math.round(380 * Math.max(1, 15 / timeScale))}]`;

/** Longer than an answer takes while a release is replaced, or tried three times and rolled back. */
const patience = (timeScale: number) => 60_000 + 900_000 / timeScale;

/** How often somebody else comes by. */
const VISIT_EVERY_MS = 50;

/** Credentials are renewed within the time of a rehearsal. */
const RENEW_AFTER_MS = 5_000;

export async function startRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const home = await mkdtemp(join(tmpdir(), "holdfast-rehearsal-"));
  const stops: (() => Promise<unknown>)[] = [
    () => rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  ];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  try {
    return { ...(await rehearse(options, home, (each) => stops.push(each))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function rehearse(
  { environment = "prod", timeScale, event = () => undefined, launchWith, change }: RehearsalOptions,
  home: string,
  atEnd: (stop: () => Promise<unknown>) => void,
): Promise<Omit<Rehearsal, "stop">> {
  const deployment = readDeployment(environment, timeScale);
  change?.(deployment);
  // The tasks may be another user's.
  await chmod(home, 0o755);
  const volume = join(home, "volume");
  await makeVolume(volume, deployment.owner);
  const launch =
    launchWith?.(volume, deployment) ??
    processTasks(await makeProductionInstall(join(home, "app")), volume, deployment);
  const role = await startTaskRole(RENEW_AFTER_MS);
  atEnd(role.close);
  const bedrock = await startBedrockEndpoint({ refusal: role.refusal });
  atEnd(bedrock.close);
  const balancer = await startLoadBalancer({
    ...deployment.balancer,
    changed(target) {
      event(`target ${target.url} is ${target.state}`);
      service.reconcile();
    },
  });
  atEnd(balancer.close);
  const service = createEcsService({
    ...deployment.service,
    launch: (variables) => launch({ ...variables, ...role.variables() }),
    register: balancer.register,
    event: (text) => event(`service ${text}`),
  });
  atEnd(service.stop);

  function release(name: string, changes: Record<string, string> = {}): Release {
    const test = {
      BEDROCK_BASE_URL: bedrock.url,
      // Titles would be requests that nobody here has asked for.
      TITLE_MODEL: "none",
      // A model here is silent until a deployment is over: in real time 230 s. This is the most that the app waits.
      MODEL_STALL_SECONDS: "290",
    };
    return { name, variables: { ...deployment.variables, ...test, ...changes } };
  }

  await service.deploy(release("the first release"));

  return {
    url: balancer.url,
    deployment,
    service,
    balancer,
    role,
    bedrock,
    release,
    async chatThrough(happening, { waiting, patient, chatty }) {
      const faultsBefore = balancer.faults.length;
      const open = () => openPage(balancer.url, patience(timeScale));
      const long = longQuestion(timeScale);
      const pages = Array.from({ length: waiting + patient + chatty }, open);
      const talkative = pages.slice(waiting);
      let isOver = false;
      const chats = pages.map(async (page, index) => {
        if (index < waiting) return page.ask(THINKING);
        if (index < waiting + patient) return page.ask(long);
        while (!isOver) await page.ask(SHORT);
      });
      const talked = Promise.all([...chats, visit(balancer.url, () => isOver)]);
      // Awaited below; what goes wrong before is told there.
      talked.catch(() => undefined);
      await Promise.race([talked, Promise.all(talkative.map((page) => page.hasRead(20)))]);
      service.fewestHealthy();
      try {
        await happening().finally(() => {
          isOver = true;
          bedrock.release();
        });
        await talked;
        await Promise.all(pages.map((page) => page.compare()));
      } finally {
        for (const page of pages) page.close();
      }
      return {
        pages,
        complaints: [
          ...pages.flatMap((page) => page.complaints),
          ...balancer.faults.slice(faultsBefore),
          ...service.tasks.flatMap(badEnding),
        ],
      };
    },
    said: (message) =>
      service.tasks.reduce((sum, { task }) => sum + task.output().split(`"msg":"${message}`).length - 1, 0),
  };
}

/** People who open the page, one after another, each on a connection like any other. What they get is counted there. */
async function visit(url: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const response = await fetch(url);
    await response.text();
    await delay(VISIT_EVERY_MS);
  }
}

/** A task that was told to end and was killed instead, or ended otherwise than in good order. */
function badEnding({ task, ending, state }: ServiceTask): string[] {
  if (state !== "stopped" || !ending) return [];
  if (ending.killed) return [`task ${task.id} did not end in time and was killed`];
  return ending.code === 0 ? [] : [`task ${task.id} ended with ${ending.signal ?? ending.code}`];
}
