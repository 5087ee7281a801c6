import { z } from "zod";
import { intrinsic, isObject, type Json } from "./parse-yaml.ts";
import { parseWith } from "../manifests/schema-problems.ts";
import type { Report } from "../problem.ts";
import type { Stack } from "../copilot/variant.ts";

const patch = z.strictObject({
  op: z.enum(["add", "remove", "replace"]),
  path: z
    .string()
    .regex(
      /^\/((Resources|Outputs|Parameters|Conditions)\/.|(Mappings|Metadata|Transform|Description)\b)/,
      "must begin with /Resources/",
    ),
  value: z.unknown().optional(),
});
const patches = z.array(
  patch.refine(({ op, value }) => op === "remove" || (value !== undefined && value !== null), {
    path: ["value"],
    message: "is missing",
  }),
);
export type Patch = z.output<typeof patch>;

export function parsePatches(file: string, value: Json | undefined, report: Report): Patch[] | null {
  return parseWith(patches, file, value, report);
}

/** Sections that every template of Copilot's has, and no rule asks about. */
const UNCHECKED = /^\/(Metadata|Transform|Description)\b/;

/** The stack after the patches, as Copilot applies them. `failed` gets each that cannot be applied. */
export function applyPatches(stack: Stack, list: readonly Patch[], failed: (patch: Patch) => void): Stack {
  const patched = structuredClone(stack);
  for (const each of list) {
    if (UNCHECKED.test(each.path)) continue;
    if (!apply(patched as unknown as Json, each)) failed(each);
  }
  return patched;
}

function apply(root: Json, { op, path, value }: Patch): boolean {
  const pointer = path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = pointer.pop()!;
  let parent: Json | undefined = root;
  for (const key of pointer) {
    parent = Array.isArray(parent) ? parent[Number(key)] : isObject(parent) ? parent[key] : undefined;
    parent = withoutTag(parent);
  }
  const given = structuredClone(value) as Json;
  if (Array.isArray(parent)) {
    const index = last === "-" ? parent.length : Number(last);
    const exists = Number.isInteger(index) && index >= 0 && index < parent.length;
    if (op === "add" ? !(exists || index === parent.length) : !exists) return false;
    parent.splice(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [given]));
    return true;
  }
  if (!isObject(parent)) return false;
  if (op !== "add" && !(last in parent)) return false;
  if (op === "remove") Reflect.deleteProperty(parent, last);
  else parent[last] = given;
  return true;
}

/** Written in full in Copilot's templates, so that a path has to name them. */
const WRITTEN_IN_FULL = ["Fn::ImportValue", "Fn::Split", "Fn::Sub"];

/** Copilot patches the YAML, where `!If [a, b, c]` is a list with a tag: its items are reached without a key. */
function withoutTag(value: Json | undefined): Json | undefined {
  const call = intrinsic(value);
  return call && !WRITTEN_IN_FULL.includes(call.name) ? call.argument : value;
}
