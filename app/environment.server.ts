/**
 * What is done about the environment before any variable is read. Files of variables differ: a shell and Compose
 * take quotation marks off a value, `docker --env-file` and ECS keep them as a part of it, and some keep a line end.
 */
type Environment = Record<string, string | undefined>;

/** Variables that the AWS SDK, libuv and glibc read by themselves. */
const READ_BY_OTHERS = /^(AWS_|MALLOC_|UV_THREADPOOL_SIZE$)/;

const QUOTE = "[\\p{Quotation_Mark}`´′″]";
/** Invisible characters may stand before it, and a backslash or dollar sign that was meant for a shell. */
const BEGINS_QUOTED = new RegExp(`^[\\s\\p{Default_Ignorable_Code_Point}]*[\\\\$]*${QUOTE}`, "u");
const ENDS_QUOTED = new RegExp(`${QUOTE}[\\s\\p{Default_Ignorable_Code_Point}]*$`, "u");

/** People make these up, so that a quotation mark at the end may be meant. */
const MAY_END_QUOTED: ReadonlySet<string> = new Set(["ACCESS_CODE"]);

/**
 * One sentence for each variable with quotation marks around its value, or around a part of it where it is a list.
 * Never with the value, which may be a secret.
 * @param ours the names of the app's own variables; those of the AWS SDK and the like are judged, too
 */
export function quotedVariables(env: Readonly<Environment>, ours: readonly string[]): string[] {
  return names(env, ours)
    .filter((name) => isQuoted(name, env[name] ?? ""))
    .map(
      (name) =>
        `${name} has quotation marks around its value, which count as a part of it ` +
        "(`docker run --env-file` does not take them off): write the value without them.",
    );
}

function isQuoted(name: string, value: string): boolean {
  // JSON has quotation marks at both ends of its parts.
  const parts = /^\s*[[{]/.test(value) ? [value] : value.split(",");
  return parts.some(
    (part) => BEGINS_QUOTED.test(part) || (ENDS_QUOTED.test(part) && !MAY_END_QUOTED.has(name)),
  );
}

/**
 * Makes the environment the same for all that read it, in place: remix-serve and the AWS SDK do so by themselves,
 * after this. Spaces and line ends around a value are taken away, and an empty value counts as unset. A user
 * without HOME and without an entry in the list of users gets `/` for a home, as in a container: without one
 * `os.homedir()` throws, in the AWS SDK as well.
 */
export function tidyEnvironment(env: Environment, ours: readonly string[], homedir: () => string): void {
  for (const name of [...names(env, ours), "HOME"]) {
    const value = env[name]?.trim();
    if (!value) Reflect.deleteProperty(env, name);
    else if (value !== env[name] && name !== "HOME") env[name] = value;
  }
  try {
    homedir();
  } catch {
    env.HOME = "/";
  }
}

function names(env: Readonly<Environment>, ours: readonly string[]): string[] {
  return Object.keys(env).filter((name) => ours.includes(name) || READ_BY_OTHERS.test(name));
}
