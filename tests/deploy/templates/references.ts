import { intrinsic, isObject, type Json } from "./parse-yaml.ts";

export type Reference = {
  kind: "value" | "condition" | "mapping";
  id: string;
  attribute?: string;
  /** Where it stands. */
  at: string;
};

/** Every reference in a piece of a template, without those to AWS's own parameters. */
export function referencesIn(value: Json, at = ""): Reference[] {
  const path = (key: string | number) => (at === "" ? String(key) : `${at}.${key}`);
  const call = intrinsic(value);
  if (call) return referencesOf(call.name, call.argument, at);
  if (Array.isArray(value)) return value.flatMap((item, index) => referencesIn(item, path(index)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    // A container that waits for another has a property of this name.
    key === "Condition" && typeof inner === "string" && !("ContainerName" in value)
      ? [{ kind: "condition" as const, id: inner, at: path(key) }]
      : referencesIn(inner, path(key)),
  );
}

/** The resources that a value refers to, also after its functions were carried out (resolve-template.ts). */
export function referencesTo(value: Json | undefined): string[] {
  if (typeof value === "string") return /^(?:reference|attribute) (\w+)/.exec(value)?.slice(1) ?? [];
  return referencesIn(value ?? null).map(({ id }) => id);
}

function referencesOf(name: string, argument: Json, at: string): Reference[] {
  const list = Array.isArray(argument) ? argument : [argument];
  const inside = (items: Json[]) => items.flatMap((item) => referencesIn(item, at));
  switch (name) {
    case "Ref":
      return reference(String(argument), at);
    case "Condition":
      return [{ kind: "condition", id: String(argument), at }];
    case "Fn::GetAtt":
      return reference(list.map(String).join("."), at);
    case "Fn::If":
      return [{ kind: "condition", id: String(list[0]), at }, ...inside(list.slice(1))];
    case "Fn::FindInMap":
      return [{ kind: "mapping", id: String(list[0]), at }, ...inside(list.slice(1))];
    case "Fn::Sub": {
      const own = isObject(list[1]) ? Object.keys(list[1]) : [];
      const named = [...String(list[0]).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, each]) => each!);
      return [
        ...named.filter((each) => !own.includes(each)).flatMap((each) => reference(each, at)),
        ...inside(list.slice(1)),
      ];
    }
    default:
      return inside(list);
  }
}

function reference(name: string, at: string): Reference[] {
  if (name.startsWith("AWS::")) return [];
  const [id, ...attribute] = name.split(".");
  return [{ kind: "value", id: id!, at, ...(attribute.length > 0 && { attribute: attribute.join(".") }) }];
}
