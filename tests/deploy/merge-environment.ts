import { isObject, type Json, type JsonObject } from "./parse-yaml.ts";

/**
 * The manifest as an environment gets it: maps are merged, everything else is replaced. So is `count`: how much of it
 * Copilot merges differs between its versions, so each must be whole.
 */
export function mergeEnvironment(manifest: JsonObject, environment: string): JsonObject {
  const { environments, ...base } = manifest;
  const overrides = isObject(environments) ? environments[environment] : undefined;
  return isObject(overrides) ? merge(base, overrides) : base;
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = key === "count" ? value : mergeValue(base[key], value);
  }
  return merged;
}

function mergeValue(base: Json | undefined, over: Json): Json {
  return isObject(base) && isObject(over) ? merge(base, over) : over;
}
