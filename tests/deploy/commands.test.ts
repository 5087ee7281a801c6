import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The options of each command of the AWS CLI and of Copilot that the pages use: `!` where it cannot do without, or asks.
 * Read from the service models of the AWS CLI (1.45.11), and from the flags in internal/pkg/cli of Copilot's source. A new
 * command of a page has to be added here, from its `help`.
 */
const COMMANDS: Readonly<Record<string, string>> = {
  "aws application-autoscaling register-scalable-target":
    "!service-namespace !resource-id !scalable-dimension min-capacity max-capacity",
  "aws backup create-backup-plan": "!backup-plan",
  "aws backup create-backup-selection": "!backup-plan-id !backup-selection",
  "aws backup start-restore-job": "!recovery-point-arn !metadata iam-role-arn resource-type",
  "aws cloudformation delete-stack": "!stack-name",
  "aws cloudformation deploy":
    "!template-file !stack-name parameter-overrides capabilities no-execute-changeset disable-rollback",
  "aws cloudformation describe-change-set": "!change-set-name stack-name",
  "aws cloudformation describe-stack-events": "!stack-name",
  "aws cloudformation describe-stack-resource": "!stack-name !logical-resource-id",
  "aws cloudformation describe-stacks": "stack-name",
  "aws ec2 describe-managed-prefix-lists": "filters",
  "aws ecr create-repository": "!repository-name",
  "aws ecr describe-repositories": "repository-names",
  "aws ecr get-login-password": "",
  "aws ecr put-image-scanning-configuration": "!repository-name !image-scanning-configuration",
  "aws ecs describe-services": "cluster !services",
  "aws ecs list-clusters": "",
  "aws ecs stop-task": "cluster !task reason",
  "aws ecs update-service": "cluster !service desired-count",
  "aws efs create-access-point": "!file-system-id posix-user root-directory",
  "aws efs create-mount-target": "!file-system-id !subnet-id security-groups",
  "aws efs create-replication-configuration": "!source-file-system-id !destinations",
  "aws efs delete-replication-configuration": "!source-file-system-id",
  "aws efs describe-file-systems": "file-system-id",
  "aws efs describe-mount-targets": "file-system-id",
  "aws efs describe-replication-configurations": "file-system-id",
  "aws service-quotas list-service-quotas": "!service-code",
  "aws service-quotas request-service-quota-increase": "!service-code !quota-code !desired-value",
  "aws sns subscribe": "!topic-arn !protocol notification-endpoint",
  "aws ssm put-parameter": "!name !value type",
  "aws ssm start-session": "!target",
  "aws sts get-caller-identity": "",
  "copilot app delete": "!name",
  "copilot app init": "domain",
  "copilot env delete": "!name",
  "copilot env deploy": "!name diff force",
  "copilot env init": "!name !profile default-config",
  "copilot secret init": "!name overwrite",
  "copilot svc delete": "!name !env",
  "copilot svc deploy": "!name !env diff no-rollback",
  "copilot svc exec": "!name !env !command",
  "copilot svc init": "!name",
  "copilot svc logs": "!name !env follow limit previous",
  "copilot svc status": "!name !env",
};
const GLOBAL = ["output", "query", "region", "profile"];

type Use = { page: string; command: string; options: string[]; isInBlock: boolean };

/** Each call in a piece of shell, those in `$(…)` by themselves. */
function callsIn(shell: string): { command: string; options: string[] }[] {
  const calls: { command: string; options: string[] }[] = [];
  const record = (text: string) => {
    for (const [, command, rest] of text.matchAll(
      /\b((?:aws|copilot) [a-z][\w-]+ [a-z][\w-]+)((?:(?!\b(?:aws|copilot) )[^\n|;&#])*)/g,
    ))
      calls.push({
        command: command!,
        options: [...rest!.matchAll(/\s--([a-z][\w-]*)/g)].map(([, name]) => name!),
      });
  };
  let text = shell.replaceAll("\\\n", " ").replaceAll(/--query (["'])[^]*?\1/g, "--query X");
  for (;;) {
    const [whole, inner] = /\$\(((?:[^()$]|\$(?!\())*)\)/.exec(text) ?? [];
    if (whole === undefined) break;
    record(inner!);
    text = text.replace(whole, "X");
  }
  record(text);
  return calls;
}

const uses = globSync(["copilot/*.md", "README.md"], { cwd: root }).flatMap((page): Use[] => {
  const text = readFileSync(root + page, "utf8");
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, shell]) => shell!);
  const words = [...text.replaceAll(/```[^]*?```/g, "").matchAll(/`((?:aws|copilot) [^`]+)`/g)].map(
    ([, shell]) => shell!,
  );
  return [
    ...blocks.flatMap((shell) => callsIn(shell).map((call) => ({ ...call, page, isInBlock: true }))),
    ...words.flatMap((shell) => callsIn(shell).map((call) => ({ ...call, page, isInBlock: false }))),
  ];
});

test("the pages use commands and options that the AWS CLI and Copilot have, with all that they need", () => {
  expect(uses.length).toBeGreaterThan(50);
  const problems = uses.flatMap(({ page, command, options, isInBlock }) => {
    const known = COMMANDS[command]?.split(" ");
    if (known === undefined) return [`${page}: ${command} is not in this test's list`];
    const names = [...GLOBAL, ...known.map((option) => option.replace("!", ""))];
    const unknown = options.filter((option) => !names.includes(option));
    // In a sentence a command may stand without its options.
    const needed = isInBlock ? known.filter((option) => option.startsWith("!")) : [];
    const missing = needed.map((option) => option.slice(1)).filter((option) => !options.includes(option));
    return [
      ...unknown.map((option) => `${page}: ${command} has no --${option}`),
      ...missing.map((option) => `${page}: ${command} needs --${option}`),
    ];
  });
  expect(problems).toEqual([]);
  const unused = Object.keys(COMMANDS).filter((command) => !uses.some((use) => use.command === command));
  expect(unused).toEqual([]);
});
