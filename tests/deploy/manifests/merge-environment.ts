import { isObject, type Json, type JsonObject } from "../templates/parse-yaml.ts";

/** Keys that exclude each other: where an override has one of a group, Copilot drops the other groups of the base. */
const EXCLUSIVE: Readonly<Record<string, readonly string[][]>> = {
  efs: [
    ["uid", "gid"],
    ["id", "root_dir", "auth"],
  ],
  image: [["build"], ["location"]],
};

/**
 * The manifest as an environment gets it: maps are merged, everything else is replaced. So is `count`: how much of it
 * Copilot merges differs between its versions, so each must be whole.
 */
export function mergeEnvironment(manifest: JsonObject, environment: string): JsonObject {
  const { environments, ...base } = interpolated(manifest, environment);
  const overrides = isObject(environments) ? environments[environment] : undefined;
  return isObject(overrides) ? merge(base, overrides, "") : base;
}

/** With the environment's name in the place of its variable, the one of Copilot's own that differs between them. */
export function interpolated(manifest: JsonObject, environment: string): JsonObject {
  const text = JSON.stringify(manifest).replaceAll("${COPILOT_ENVIRONMENT_NAME}", environment);
  return JSON.parse(text) as JsonObject;
}

function merge(base: JsonObject, over: JsonObject, at: string): JsonObject {
  const groups = EXCLUSIVE[at] ?? [];
  const dropped = groups.filter(
    (group) => !group.some((key) => key in over) && groups.some((each) => each.some((key) => key in over)),
  );
  const kept = Object.entries(base).filter(([key]) => !dropped.flat().includes(key));
  const merged: JsonObject = Object.fromEntries(kept);
  for (const [key, value] of Object.entries(over)) {
    merged[key] = key === "count" ? value : mergeValue(merged[key], value, key);
  }
  return merged;
}

function mergeValue(base: Json | undefined, over: Json, at: string): Json {
  return isObject(base) && isObject(over) ? merge(base, over, at) : over;
}
