import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The options of each command of the AWS CLI that the pages use: `!` where it cannot do without. Read from its own
 * service models (1.45.11); a new command of a page has to be added here, from `aws SERVICE COMMAND help`.
 */
const COMMANDS: Readonly<Record<string, string>> = {
  "application-autoscaling register-scalable-target":
    "!service-namespace !resource-id !scalable-dimension min-capacity max-capacity",
  "backup create-backup-plan": "!backup-plan",
  "backup create-backup-selection": "!backup-plan-id !backup-selection",
  "backup start-restore-job": "!recovery-point-arn !metadata iam-role-arn resource-type",
  "cloudformation delete-stack": "!stack-name",
  "cloudformation deploy":
    "!template-file !stack-name parameter-overrides capabilities no-execute-changeset disable-rollback",
  "cloudformation describe-change-set": "!change-set-name stack-name",
  "cloudformation describe-stack-events": "!stack-name",
  "cloudformation describe-stack-resource": "!stack-name !logical-resource-id",
  "cloudformation describe-stacks": "stack-name",
  "ec2 describe-managed-prefix-lists": "filters",
  "ecr create-repository": "!repository-name",
  "ecr describe-repositories": "repository-names",
  "ecr get-login-password": "",
  "ecr put-image-scanning-configuration": "!repository-name !image-scanning-configuration",
  "ecs describe-services": "cluster !services",
  "ecs list-clusters": "",
  "ecs stop-task": "cluster !task reason",
  "ecs update-service": "cluster !service desired-count",
  "efs create-access-point": "!file-system-id posix-user root-directory",
  "efs create-mount-target": "!file-system-id !subnet-id security-groups",
  "efs create-replication-configuration": "!source-file-system-id !destinations",
  "efs delete-replication-configuration": "!source-file-system-id",
  "efs describe-file-systems": "file-system-id",
  "efs describe-mount-targets": "file-system-id",
  "efs describe-replication-configurations": "file-system-id",
  "service-quotas list-service-quotas": "!service-code",
  "service-quotas request-service-quota-increase": "!service-code !quota-code !desired-value",
  "sns subscribe": "!topic-arn !protocol notification-endpoint",
  "ssm put-parameter": "!name !value type",
  "ssm start-session": "!target",
  "sts get-caller-identity": "",
};
const GLOBAL = ["output", "query", "region", "profile"];

type Use = { page: string; command: string; options: string[]; isInBlock: boolean };

/** Each call in a piece of shell, those in `$(…)` by themselves. */
function callsIn(shell: string): { command: string; options: string[] }[] {
  const calls: { command: string; options: string[] }[] = [];
  const record = (text: string) => {
    for (const [, command, rest] of text.matchAll(
      /\baws ([a-z][\w-]+ [a-z][\w-]+)((?:(?!\baws )[^\n|;&])*)/g,
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
  const words = [...text.replaceAll(/```[^]*?```/g, "").matchAll(/`(aws [^`]+)`/g)].map(
    ([, shell]) => shell!,
  );
  return [
    ...blocks.flatMap((shell) => callsIn(shell).map((call) => ({ ...call, page, isInBlock: true }))),
    ...words.flatMap((shell) => callsIn(shell).map((call) => ({ ...call, page, isInBlock: false }))),
  ];
});

test("the pages use commands and options that the AWS CLI has, with all that it needs", () => {
  expect(uses.length).toBeGreaterThan(30);
  const problems = uses.flatMap(({ page, command, options, isInBlock }) => {
    const known = COMMANDS[command]?.split(" ");
    if (known === undefined) return [`${page}: aws ${command} is not in this test's list`];
    const names = [...GLOBAL, ...known.map((option) => option.replace("!", ""))];
    const unknown = options.filter((option) => !names.includes(option));
    // In a sentence a command may stand without its options.
    const needed = isInBlock ? known.filter((option) => option.startsWith("!")) : [];
    const missing = needed.map((option) => option.slice(1)).filter((option) => !options.includes(option));
    return [
      ...unknown.map((option) => `${page}: aws ${command} has no --${option}`),
      ...missing.map((option) => `${page}: aws ${command} needs --${option}`),
    ];
  });
  expect(problems).toEqual([]);
  const unused = Object.keys(COMMANDS).filter((command) => !uses.some((use) => use.command === command));
  expect(unused).toEqual([]);
});
