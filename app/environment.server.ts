/**
 * Normalises the environment before any variable is read. Environment files differ: a shell and Compose strip quotation
 * marks from a value, `docker --env-file` and ECS keep them as a part of it, and some keep a line end.
 */
type Environment = Record<string, string | undefined>;

/** Variables that the AWS SDK, libuv and glibc read by themselves. */
const READ_BY_OTHERS = /^(AWS_|MALLOC_|UV_THREADPOOL_SIZE$)/;

const QUOTE = "[\\p{Quotation_Mark}`´′″]";
/** Invisible characters may precede it, and a backslash or dollar sign that was meant for a shell. */
const BEGINS_QUOTED = new RegExp(`^[\\s\\p{Default_Ignorable_Code_Point}]*[\\\\$]*${QUOTE}`, "u");
const ENDS_QUOTED = new RegExp(`${QUOTE}[\\s\\p{Default_Ignorable_Code_Point}]*$`, "u");

/** Values that people make up, where a quotation mark at the end may be intended. */
const MAY_END_QUOTED: ReadonlySet<string> = new Set(["ACCESS_CODE", "OPERATOR_CODE"]);

/**
 * One error message for each variable with quotation marks around its value, or around an item of a list. Never
 * contains the value, which may be a secret.
 * @param ours names of the app's own variables; those of the AWS SDK, libuv and glibc are checked, too
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
 * Normalises the environment in place, for all that read it later, such as remix-serve and the AWS SDK: trims values,
 * and unsets empty ones. A user without HOME and without an entry in the list of users gets `/` as home directory, as
 * in a container; otherwise `os.homedir()` throws, in the AWS SDK as well.
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
