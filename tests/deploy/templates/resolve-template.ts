import { intrinsic, isObject, object, valueAt, type Json, type JsonObject } from "./parse-yaml.ts";

export type Place = {
  region: string;
  partition: string;
  account: string;
  /** Values of the template's parameters; a parameter without one stays a reference. */
  parameters?: Readonly<Record<string, Json>>;
};

/** What CloudFormation leaves out. */
const NOTHING = Symbol("AWS::NoValue");
type Resolved = Json | typeof NOTHING;

/** The value with its functions carried out, as CloudFormation would in this place. @throws where it would fail */
export function resolve(value: Json, template: JsonObject, place: Place): Json {
  const resolved = evaluate(value, template, place);
  if (resolved === NOTHING) throw new Error("comes to AWS::NoValue");
  return resolved;
}

function evaluate(value: Json, template: JsonObject, place: Place): Resolved {
  const go = (inner: Json) => evaluate(inner, template, place);
  const text = (inner: Json | undefined) => String(go(inner ?? null) as Json);
  const call = intrinsic(value);
  if (!call) {
    if (Array.isArray(value)) return value.map(go).filter((each) => each !== NOTHING);
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, go(inner)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== NOTHING));
  }
  const list = Array.isArray(call.argument) ? call.argument : [call.argument];
  switch (call.name) {
    case "Ref":
      return call.argument === "AWS::NoValue" ? NOTHING : named(String(call.argument), place);
    case "Condition":
      return condition(String(call.argument), template, place);
    case "Fn::GetAtt":
      return `attribute ${list.join(".")}`;
    case "Fn::ImportValue":
      return `import ${text(list[0])}`;
    case "Fn::Split":
      return text(list[1]).split(text(list[0]));
    case "Fn::Select": {
      const items = go(list[1]!) as Json;
      return Array.isArray(items)
        ? items[Number(text(list[0]))]!
        : `item ${text(list[0])} of ${String(items)}`;
    }
    case "Fn::Cidr":
      return `blocks of ${list.map(text).join(", ")}`;
    case "Fn::GetAZs":
      return "the zones";
    case "Fn::Sub": {
      const words = object(list[1]);
      return String(list[0]).replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) =>
        name in words ? text(words[name]) : String(named(name, place)),
      );
    }
    case "Fn::Join":
      return (go(list[1]!) as Json[]).join(text(list[0]));
    case "Fn::If":
      return go(condition(text(list[0]), template, place) ? list[1]! : list[2]!);
    case "Fn::Equals":
      return text(list[0]) === text(list[1]);
    case "Fn::Not":
      return !go(list[0]!);
    case "Fn::Or":
      return list.some((each) => go(each) === true);
    case "Fn::And":
      return list.every((each) => go(each) === true);
    case "Fn::FindInMap": {
      const [map, first, second] = list.map(text);
      const found = valueAt(template.Mappings, map!, first!, second!);
      if (found === undefined) throw new Error(`there is no ${map}.${first}.${second}`);
      return found;
    }
    default:
      throw new Error(`${call.name} is not known to this check`);
  }
}

/** Whether a condition of the template holds. @throws where there is none of this name */
export function holds(name: string, template: JsonObject, place: Place): boolean {
  return condition(name, template, place);
}

function named(name: string, place: Place): Json {
  const pseudo: Record<string, string> = {
    "AWS::Region": place.region,
    "AWS::Partition": place.partition,
    "AWS::AccountId": place.account,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
  };
  const given = place.parameters?.[name] ?? pseudo[name];
  return given ?? (name.includes(".") ? `attribute ${name}` : `reference ${name}`);
}

function condition(name: string, template: JsonObject, place: Place): boolean {
  const given = valueAt(template.Conditions, name);
  if (given === undefined) throw new Error(`there is no condition ${name}`);
  return evaluate(given, template, place) === true;
}
