import {
  isAlias,
  parseDocument,
  visit,
  type CollectionTag,
  type ScalarTag,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Report } from "../problem.ts";
import { words } from "../words.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * Reads YAML as CloudFormation and Copilot do: `!Ref X` and its like become `{Ref: X}`, a key that stands twice is
 * an error, and so is an alias in a template, which CloudFormation does not know. Copilot knows it in manifests.
 */
export function parseYaml(
  file: string,
  text: string,
  report: Report,
  { mayHaveAliases = false } = {},
): Json | undefined {
  const { messages, value } = parsed(text, mayHaveAliases);
  for (const message of messages) report(file, "(file)", message);
  return value;
}

type Parsed = { messages: string[]; value: Json | undefined };

/** Most files stay the same in the deployments that are checked in a row. */
const known = new Map<string, Parsed>();
const MAX_KNOWN = 60;

/** The value is not to be changed. */
function parsed(text: string, mayHaveAliases: boolean): Parsed {
  const key = `${String(mayHaveAliases)} ${text}`;
  const before = known.get(key);
  if (before) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const now = parse(text, mayHaveAliases);
  known.set(key, now);
  return now;
}

function parse(text: string, mayHaveAliases: boolean): Parsed {
  const document = parseDocument(text, {
    customTags: intrinsicTags,
    uniqueKeys: true,
    version: "1.2",
    merge: mayHaveAliases,
  });
  const messages = [...document.errors, ...document.warnings].map(({ message }) => firstLine(message));
  if (document.errors.length > 0) return { messages, value: undefined };
  if (mayHaveAliases) return { messages, value: frozen(document.toJS() as Json) };
  let aliases = 0;
  visit(document, (_, node) => {
    if (isAlias(node)) aliases += 1;
  });
  if (aliases === 0) return { messages, value: frozen(document.toJS() as Json) };
  messages.push("has a YAML alias (*name), which CloudFormation does not know");
  return { messages, value: undefined };
}

function frozen(value: Json): Json {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is found by these keys, undefined where one of them is missing. */
export function valueAt(value: Json | undefined, ...keys: string[]): Json | undefined {
  return keys.reduce<Json | undefined>(
    (inner, key) => (Array.isArray(inner) ? inner[Number(key)] : isObject(inner) ? inner[key] : undefined),
    value,
  );
}

/** The items of a list; none of anything else. */
export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** The value, if it is an object; else one without keys. */
export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The items of a list, or the one item that CloudFormation takes in place of a list. */
export function oneOrMore(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value].flat();
}

/** An object with the one key of a function, such as `{Ref: "X"}`. */
export function intrinsic(value: Json | undefined): { name: string; argument: Json } | null {
  if (!isObject(value)) return null;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined) return null;
  return name === "Ref" || name === "Condition" || name.startsWith("Fn::")
    ? { name, argument: argument! }
    : null;
}

const FUNCTIONS = words(`
  Ref Condition GetAtt Sub Join Split Select FindInMap If Equals Not And Or ImportValue GetAZs Cidr Base64
  Transform Length ToJsonString`);

const longName = (name: string) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);

const intrinsicTags = FUNCTIONS.flatMap((name): (ScalarTag | CollectionTag)[] => {
  const key = longName(name);
  const wrap = (value: Json) => ({
    [key]: name === "GetAtt" && typeof value === "string" ? splitAttribute(value) : value,
  });
  return [
    { tag: `!${name}`, resolve: (text: string) => wrap(text) } as ScalarTag,
    ...(["seq", "map"] as const).map((collection): CollectionTag => ({
      tag: `!${name}`,
      collection,
      resolve: (node) => wrappedNode(node, key),
    })),
  ];
});

/** A collection that becomes `{key: itself}` in JavaScript. */
function wrappedNode(collection: object, key: string) {
  const node = collection as { toJSON: (...words: unknown[]) => unknown };
  const inner = node.toJSON.bind(node);
  node.toJSON = (...words) => ({ [key]: inner(...words) });
  return collection as YAMLMap | YAMLSeq;
}

function splitAttribute(text: string): Json {
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
}

function firstLine(message: string): string {
  return message.split("\n")[0]!.replace(/:$/, "");
}
