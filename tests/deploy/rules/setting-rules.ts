import path from "node:path";
import { createHostPolicy } from "~/http/admission/host-policy";
import { parseTools, ToolsConfigError } from "~/tools/tools-config";
import { BEDROCK_REGIONS } from "./bedrock-access.ts";
import { isWithin } from "./data-rules.ts";
import { rangeOf } from "./kept-rules.ts";
import type { Image } from "../agreement.ts";

/** What a container has around it, for settings that refer to it. */
export type Surroundings = {
  image: Image;
  /** Where files are mounted into the container, or null where the image is another's and its files are not known. */
  mounted: readonly string[] | null;
  /** MiB that the container may take, null where nothing limits it. */
  memory: number | null;
  /** Whether a program beside the app may listen on the same loopback. */
  hasNeighbours: boolean;
  /** Names under which people reach the app, as far as they are known. */
  names: readonly string[];
  /** Names of one word, and of this machine, by which the app reaches what is beside it. Null where any may be one. */
  hosts: readonly string[] | null;
  /** The addresses of its network, null where a private address elsewhere may be reached too. */
  network: string | null;
  /** What to write in place of a name that is not known. */
  otherwise: string;
  /** Where a credential belongs instead. */
  secretPlace: string;
};

const FILES = ["PRESETS", "SERVICE_LOGO", "MCP_CONFIG"];
const HOST_OF_URL = /https?:\/\/(?:[^\s/"'@]*@)?(\[[^\]]*\]|[\w.-]+)/g;
/** Names that Docker and Podman give to the machine that they run on. */
const OF_ONE_MACHINE = /\.(docker|containers)\.internal$/;
/** Names of one's own network, without a server of names: a laptop, a printer. Those of Copilot have more parts. */
const OF_BONJOUR = /^[\w-]+\.local$/i;
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Of the machine's own link, where clouds answer questions about themselves. */
const LINK_LOCAL = "169.254.0.0/16";
const MIB_OPTION = /--max-old-space-size[= ](\d+)/;
const OPTION = /(?<=^|\s)(--?[a-z][\w-]*)/g;
const CREDENTIAL = /authorization|api[-_]?key|token|secret|password/i;

/** Settings that the app takes, and that cannot work where it runs. */
export function settingProblems(
  settings: Readonly<Record<string, string>>,
  around: Surroundings,
  wrong: (name: string, message: string) => void,
) {
  for (const name of FILES) {
    const message = settings[name] === undefined ? null : fileProblem(settings[name], around);
    if (message !== null) wrong(name, message);
  }
  for (const [name, value] of Object.entries(settings))
    for (const message of addressProblems(value, around)) wrong(name, message);
  for (const message of optionProblems(settings.NODE_OPTIONS ?? "", around)) wrong("NODE_OPTIONS", message);
  const threads = settings.UV_THREADPOOL_SIZE;
  if (threads !== undefined && !/^([1-9]\d{0,2}|10[01]\d|102[0-4])$/.test(threads))
    wrong(
      "UV_THREADPOOL_SIZE",
      `must be a whole number from 1 to 1024, is ${threads}: libuv takes another for 1`,
    );
  const region = settings.AWS_REGION ?? settings.AWS_DEFAULT_REGION;
  if (settings.MODEL_PROVIDER === "bedrock" && region !== undefined && !BEDROCK_REGIONS.includes(region))
    wrong(
      "AWS_REGION",
      `${region} is no region of Bedrock that this check knows, so that every answer fails`,
    );
  for (const message of toolProblems(settings, around)) wrong("MCP_CONFIG", message);
  for (const message of hostProblems(settings.ALLOWED_HOSTS ?? "", around)) wrong("ALLOWED_HOSTS", message);
}

/** URLs of what a container does not reach. */
export function addressProblems(
  value: string,
  {
    hasNeighbours,
    hosts,
    network,
    otherwise,
  }: Pick<Surroundings, "hasNeighbours" | "hosts" | "network" | "otherwise">,
): string[] {
  return [...value.matchAll(HOST_OF_URL)].flatMap(([, host]) => {
    if (/^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(host!))
      return hasNeighbours
        ? []
        : [`names ${host!}, which is the container itself, where nothing but the app listens`];
    if (OF_ONE_MACHINE.test(host!) && !hosts?.includes(host!))
      return [`names ${host!}, which only Docker on one machine knows: ${otherwise}`];
    if (OF_BONJOUR.test(host!) && !hosts?.includes(host!))
      return [`names ${host!}, which only machines of one's own network know: ${otherwise}`];
    if (isIn(LINK_LOCAL, host!)) return [`names ${host!}, where no service answers: ${otherwise}`];
    const isPrivate = PRIVATE.some((range) => isIn(range, host!));
    if (isPrivate && network !== null && !isIn(network, host!))
      return [`names ${host!}, which is not in the network around (${network}), so that nothing answers`];
    if (/^[a-z][\w-]*$/i.test(host!) && hosts !== null && !hosts.includes(host!))
      return [`names ${host!}, and there is no service of this name: ${otherwise}`];
    return [];
  });
}

function isIn(range: string, address: string): boolean {
  const [all, one] = [rangeOf(range), rangeOf(`${address}/32`)];
  return all !== null && one !== null && all.from <= one.from && one.to <= all.to;
}

/** A file that is not there stops the app at its start. */
function fileProblem(value: string, { image, mounted }: Surroundings): string | null {
  const file = value.trim();
  if (mounted === null || file === "" || /^data:|^[{[]/.test(file)) return null;
  const at = path.posix.resolve(image.folder, file);
  if ([image.dataDir, ...mounted, ...image.copied].some((each) => isWithin(each, at))) return null;
  return `names ${at}, which is not in the image, so that no task starts: copy it in the Dockerfile, or put it into ${image.dataDir}`;
}

function optionProblems(options: string, { memory }: Surroundings): string[] {
  const [, heap] = MIB_OPTION.exec(options) ?? [];
  const unknown = [...options.matchAll(OPTION)]
    .map(([, option]) => option!)
    .find((option) => !process.allowedNodeEnvironmentFlags.has(option));
  return [
    ...(memory !== null && Number(heap) >= memory
      ? [`lets the heap grow to ${heap!} MB, and the container has ${memory}: it is killed before`]
      : []),
    ...(/--inspect/.test(options) ? ["opens a debugger, by which a neighbour can run anything"] : []),
    ...(unknown === undefined
      ? []
      : [`has ${unknown}, which Node does not take there, so that no task starts`]),
  ];
}

function toolProblems(settings: Readonly<Record<string, string>>, { secretPlace }: Surroundings): string[] {
  const text = settings.MCP_CONFIG?.trim() ?? "";
  if (!text.startsWith("{")) return [];
  try {
    // What is in braces comes from variables that are known only when the app runs.
    parseTools(text.replaceAll(/\$\{\w+\}/g, "value"), settings);
  } catch (error) {
    if (error instanceof ToolsConfigError) return [error.message];
    throw error;
  }
  const open: string[] = [];
  JSON.parse(text, (key, value: unknown) => {
    if (typeof value === "string" && !value.includes("${") && (CREDENTIAL.test(key) || hasCredential(value)))
      open.push(key);
    return value;
  });
  return open.map((key) => `has the credential ${key} for all to read: put ${secretPlace}`);
}

/** Whether a URL has a password, or a key among what is asked. */
function hasCredential(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  return url.password !== "" || [...url.searchParams.keys()].some((name) => CREDENTIAL.test(name));
}

function hostProblems(list: string, { names }: Surroundings): string[] {
  const allowed = list.split(",").flatMap((entry) => entry.trim().toLowerCase() || []);
  const policy = createHostPolicy({ isLoopback: false, allowed, trustedHops: 0 });
  return names
    .filter((host) => !policy.isOurs({ host }))
    .map((host) => `does not have ${host}, so that the app answers nobody there`);
}
