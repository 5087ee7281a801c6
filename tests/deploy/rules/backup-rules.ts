import {
  intrinsic,
  isObject,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import { below, type Found } from "../problem.ts";
import { referencesTo } from "../templates/references.ts";
import { SCHEDULE, scheduleDays } from "./value-rules.ts";

/** AWS Backup keeps what is cold for so long at least. */
const LEAST_COLD_DAYS = 90;
/** AWS Backup refuses more frequent schedules, and shorter windows to start in. */
const LEAST_WINDOW_MINUTES = 60;
/** What Copilot, and our template, tag file systems with. */
const TAGS = ["copilot-application", "copilot-environment"];

/** Plans of AWS Backup that it refuses, or that save nothing. */
export function backupProblems(resources: Record<string, Json>, found: Found) {
  const all = Object.entries(resources).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  const chosen = all.flatMap(([, { Type, Properties }]) =>
    Type === "AWS::Backup::BackupSelection" ? referencesTo(valueAt(Properties, "BackupPlanId")) : [],
  );
  for (const [id, { Type, Properties }] of all) {
    const wrong = below(`Resources.${id}.Properties`, found);
    if (Type === "AWS::Backup::BackupPlan") {
      if (!chosen.includes(id))
        found(`Resources.${id}`, "saves nothing: a BackupSelection with its BackupPlanId is missing");
      for (const [index, rule] of oneOrMore(valueAt(Properties, "BackupPlan", "BackupPlanRule")).entries())
        ruleProblems(rule, (message) => wrong(`BackupPlan.BackupPlanRule.${index}`, message));
    }
    if (Type === "AWS::Backup::BackupSelection")
      selectionProblems(valueAt(Properties, "BackupSelection"), (message) =>
        wrong("BackupSelection", message),
      );
    if (Type === "AWS::EFS::FileSystem") replicaProblems(Properties, wrong);
  }
}

function ruleProblems(rule: Json, wrong: (message: string) => void) {
  const number = (...path: string[]) => {
    const value = valueAt(rule, ...path);
    return value === undefined || intrinsic(value) ? undefined : Number(value);
  };
  const schedule = valueAt(rule, "ScheduleExpression");
  if (typeof schedule === "string") {
    if (!SCHEDULE.test(schedule) || schedule.startsWith("at"))
      wrong(`ScheduleExpression must be such as cron(0 5 ? * * *), is ${schedule}`);
    for (const message of scheduleDays(schedule)) wrong(`ScheduleExpression ${message}`);
    if (/minute/.test(schedule)) wrong(`ScheduleExpression must be an hour at least, is ${schedule}`);
  }
  const [start, end] = [number("StartWindowMinutes"), number("CompletionWindowMinutes")];
  if (start !== undefined && start < LEAST_WINDOW_MINUTES)
    wrong(`StartWindowMinutes must be ${LEAST_WINDOW_MINUTES} at least, is ${start}`);
  if (start !== undefined && end !== undefined && end < start + LEAST_WINDOW_MINUTES)
    wrong(
      `CompletionWindowMinutes must be ${start + LEAST_WINDOW_MINUTES} at least, since it counts from the same moment, is ${end}`,
    );
  const [cold, days] = [
    number("Lifecycle", "MoveToColdStorageAfterDays"),
    number("Lifecycle", "DeleteAfterDays"),
  ];
  if (days !== undefined && days < 1) wrong("DeleteAfterDays must be 1 at least, or away for ever");
  if (cold !== undefined && days !== undefined && days < cold + LEAST_COLD_DAYS)
    wrong(
      `DeleteAfterDays must be ${cold + LEAST_COLD_DAYS} at least: what is cold stays ${LEAST_COLD_DAYS} days`,
    );
  for (const copy of oneOrMore(valueAt(rule, "CopyActions"))) {
    const vault = valueAt(copy, "DestinationBackupVaultArn");
    if (typeof vault === "string" && !/^(arn:|attribute|import)/.test(vault))
      wrong(`DestinationBackupVaultArn must be an ARN, is ${vault}`);
  }
}

function selectionProblems(selection: Json | undefined, wrong: (message: string) => void) {
  const role = valueAt(selection, "IamRoleArn");
  if (typeof role === "string" && !/^(arn:|attribute|import)/.test(role))
    wrong(`IamRoleArn must be an ARN, is ${role}`);
  const resources = oneOrMore(valueAt(selection, "Resources"));
  const bare = resources.find(
    (each) => typeof each === "string" && !/^(arn:|attribute|import|\*$)/.test(each),
  );
  if (bare !== undefined) wrong(`Resources must be ARNs, is ${String(bare)}`);
  const tags = oneOrMore(valueAt(selection, "ListOfTags"));
  if (resources.length + tags.length === 0 && valueAt(selection, "Conditions") === undefined)
    wrong("must name Resources or ListOfTags, or nothing of ours is saved");
  const tag = tags
    .map((each) => valueAt(each, "ConditionKey"))
    .find((each) => typeof each === "string" && each.startsWith("copilot-") && !TAGS.includes(each));
  if (tag !== undefined && resources.length === 0)
    wrong(`no file system of ours has the tag ${String(tag)}, but ${TAGS.join(", ")}`);
}

/** A copy in another region, and what may write over this one. */
function replicaProblems(properties: Json | undefined, wrong: Found) {
  if (valueAt(properties, "FileSystemProtection", "ReplicationOverwriteProtection") === "DISABLED")
    wrong("FileSystemProtection", "must be ENABLED, or a replication may write over the conversations");
  const destinations = oneOrMore(valueAt(properties, "ReplicationConfiguration", "Destinations"));
  if (destinations.length > 1)
    wrong("ReplicationConfiguration", "must have one destination: EFS makes no more");
  for (const each of destinations) {
    const region = valueAt(each, "Region");
    if (["Region", "FileSystemId", "AvailabilityZoneName"].every((key) => valueAt(each, key) === undefined))
      wrong("ReplicationConfiguration", "must have the Region of the copy");
    if (typeof region === "string" && !/^([a-z]+-)+\d$|^reference/.test(region))
      wrong("ReplicationConfiguration", `Region must be such as eu-west-1, is ${region}`);
  }
}
