import type { Found } from "../problem.ts";
import { isMade, type Patched } from "../check-stack.ts";
import { isObject, listOf, object, valueAt, type Json } from "../templates/parse-yaml.ts";
import { resourceType } from "../templates/template-spec.ts";

/** What patches of the environment's stack do to the conversations: whether the file system stays, and stays the same. */
export function fileSystemProblems(stack: Patched, found: Found) {
  const { rendered, patched } = stack;
  const fileSystem = patched.Resources.FileSystem;
  const key = "Resources.FileSystem";
  if (fileSystem === undefined) return;
  for (const policy of ["DeletionPolicy", "UpdateReplacePolicy"]) {
    const keeps = policy === "DeletionPolicy" ? ["Retain", "RetainExceptOnCreate"] : ["Retain"];
    if (!keeps.includes(String(fileSystem[policy]))) {
      found(`${key}.${policy}`, "must be patched to Retain, or `svc delete` deletes every conversation");
    }
  }
  const properties = object(fileSystem.Properties);
  if (!isSame(fileSystem.Condition, rendered.Resources.FileSystem!.Condition))
    found(`${key}.Condition`, "must stay as Copilot renders it, or another file system is made one day");
  if (properties.ThroughputMode === "provisioned" && properties.ProvisionedThroughputInMibps === undefined)
    found(`${key}.Properties.ProvisionedThroughputInMibps`, "is missing beside provisioned");
  const moves = listOf(properties.LifecyclePolicies).flatMap((each) => Object.entries(object(each)));
  for (const [name, after] of moves) {
    if (!/^AFTER_(1_DAY|1_ACCESS|(7|14|30|60|90|180|270|365)_DAYS)$/.test(String(after)))
      found(`${key}.Properties.LifecyclePolicies`, `${name} cannot be ${String(after)}`);
  }
  if (!["elastic", "provisioned"].includes(String(properties.ThroughputMode))) {
    found(`${key}.Properties.ThroughputMode`, "must be patched to elastic: bursting starves a small volume");
  }
  const known = resourceType("AWS::EFS::FileSystem")!.properties;
  for (const [name, { causesReplacement }] of Object.entries(known)) {
    const before = valueAt(rendered.Resources.FileSystem, "Properties", name);
    if (causesReplacement !== "yes" || isSame(before, properties[name])) continue;
    found(
      `${key}.Properties.${name}`,
      "cannot be changed without a new, empty file system, beside which the old one stays unused",
    );
  }
  if (valueAt(properties, "BackupPolicy", "Status") !== "ENABLED") {
    found(`${key}.Properties.BackupPolicy`, "must be ENABLED");
  }
  const statements = (from: Json | undefined) => valueAt(from, "FileSystemPolicy", "Statement");
  const kept = statements(properties);
  const wanted = statements(rendered.Resources.FileSystem!.Properties);
  const missing = listOf(wanted).filter(
    (each) => !(Array.isArray(kept) && kept.some((statement) => isSame(statement, each))),
  );
  for (const statement of missing) {
    found(
      `${key}.Properties.FileSystemPolicy`,
      `must keep the statement ${String(valueAt(statement, "Sid"))}: without it whoever reaches the network may ` +
        "mount the volume, or in the clear",
    );
  }
  for (const statement of listOf(kept)) {
    if (
      wanted !== undefined &&
      isOfEverything(statement) &&
      !listOf(wanted).some((each) => isSame(each, statement))
    )
      found(
        `${key}.Properties.FileSystemPolicy`,
        valueAt(statement, "Effect") === "Deny"
          ? "denies everybody, so that the tasks do not reach their files"
          : "allows everybody, so that whoever reaches the network may mount the volume",
      );
  }
  for (const id of Object.keys(rendered.Resources)) {
    if (!id.startsWith("MountTarget") || !isMade(stack, id)) continue;
    if (!isSame(rendered.Resources[id], patched.Resources[id]))
      found(
        `Resources.${id}`,
        "must stay as Copilot renders it, or tasks of its zone do not reach the volume",
      );
  }
}

/** Whether a statement is about everybody who mounts or writes, without a condition. */
function isOfEverything(statement: Json): boolean {
  const principal = valueAt(statement, "Principal");
  const actions = [valueAt(statement, "Action") ?? []].flat().map(String);
  return (
    (principal === "*" || valueAt(principal, "AWS") === "*") &&
    valueAt(statement, "Condition") === undefined &&
    actions.some((action) => /^(\*|elasticfilesystem:(\*|Client(\*|Mount|Write)))$/.test(action))
  );
}

/** What patches of the service's stack do to them: whether the tasks use the same folder of the same file system. */
export function volumeProblems({ rendered, patched }: Patched, dataDir: string, found: Found) {
  const before = rendered.Resources.TaskDefinition;
  const after = patched.Resources.TaskDefinition;
  const volumes = listOf(valueAt(after, "Properties", "Volumes"));
  const key = "Resources.TaskDefinition.Properties";
  const mounted = listOf(valueAt(before, "Properties", "ContainerDefinitions", "0", "MountPoints"));
  for (const volume of listOf(valueAt(before, "Properties", "Volumes"))) {
    const name = String(valueAt(volume, "Name"));
    const isOfData = mounted.some(
      (each) => valueAt(each, "SourceVolume") === name && valueAt(each, "ContainerPath") === dataDir,
    );
    if (!isOfData) continue;
    const now = volumes.find((each) => valueAt(each, "Name") === name);
    for (const path of [
      ["FilesystemId"],
      ["RootDirectory"],
      ["AuthorizationConfig", "AccessPointId"],
      ["AuthorizationConfig", "IAM"],
      ["TransitEncryption"],
    ]) {
      const where = ["EFSVolumeConfiguration", ...path];
      if (isSame(valueAt(volume, ...where), valueAt(now, ...where))) continue;
      found(
        `${key}.Volumes.${name}.${where.join(".")}`,
        "must stay as Copilot renders it, or the tasks use another, empty folder or none",
      );
    }
    const mounts = listOf(valueAt(after, "Properties", "ContainerDefinitions", "0", "MountPoints"));
    const mount = mounts.find((each) => valueAt(each, "SourceVolume") === name);
    const at = `${key}.ContainerDefinitions.0.MountPoints`;
    const readOnly = valueAt(mount, "ReadOnly");
    if (valueAt(mount, "ContainerPath") !== dataDir)
      found(at, `must mount ${name} at ${dataDir}, where the app keeps its data`);
    else if (readOnly !== false && readOnly !== "false") found(at, `must mount ${name} for writing`);
    const others = [
      ...mounts.filter((each) => each !== mount),
      ...listOf(valueAt(after, "Properties", "ContainerDefinitions", "0", "LinuxParameters", "Tmpfs")),
    ];
    if (others.some((each) => isWithin(dataDir, String(valueAt(each, "ContainerPath")))))
      found(at, `must have nothing else in ${dataDir}: what is written there would not be in the volume`);
  }
  const point = (stack: Patched["rendered"], ...path: string[]) =>
    valueAt(stack.Resources.AccessPoint, "Properties", ...path);
  for (const path of [
    ["ClientToken"],
    ["FileSystemId"],
    ["RootDirectory", "Path"],
    ["RootDirectory", "CreationInfo"],
    ["PosixUser", "Uid"],
    ["PosixUser", "Gid"],
  ]) {
    if (isSame(point(rendered, ...path), point(patched, ...path))) continue;
    found(
      `Resources.AccessPoint.Properties.${path.join(".")}`,
      "must stay as Copilot renders it, or the tasks use another, empty folder, or may not write in it",
    );
  }
}

/** Whether a path is a folder or in it. */
export function isWithin(folder: string, path: string): boolean {
  return `${path.replace(/\/+$/, "")}/`.startsWith(`${folder.replace(/\/+$/, "")}/`);
}

/** CloudFormation takes "60" for 60 and "true" for true. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

function plain(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((each) => plain(each)!);
  if (isObject(value)) {
    const entries = Object.entries(value).map(([name, inner]) => [name, plain(inner)!] as const);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}
