import type { Templates } from "../check-templates.ts";
import { object, valueAt, type Json } from "../templates/parse-yaml.ts";
import type { Report } from "../problem.ts";

/** What the service's stack puts out, for the alarms' stack and for commands. */
const OF_THE_SERVICE: Readonly<Record<string, string>> = {
  TargetGroupFullName: "attribute TargetGroup.TargetGroupFullName",
  ServiceName: "attribute Service.Name",
};
/** What commands of CLOUDFORMATION.md ask the stacks for. */
const DOCUMENTED = ["PublicLoadBalancerDNSName", "PublicLoadBalancerFullName", "TargetGroupFullName"];

/** Outputs of our templates with other values or names than those that are read, and imports of what is not exported. */
export function outputProblems({ environment, service, way }: Templates, report: Report) {
  const known = {
    environment: environment.rendered.Outputs,
    service: Object.fromEntries(Object.entries(OF_THE_SERVICE).map(([id, Value]) => [id, { Value }])),
  };
  for (const [kind, { file, patched }] of Object.entries({ environment, service })) {
    for (const [id, output] of Object.entries(known[kind as "environment" | "service"])) {
      const wrong = (message: string) => report(file, `Outputs.${id}`, message);
      const given = patched.Outputs[id];
      if (given === undefined) {
        if (DOCUMENTED.includes(id)) wrong("is missing: commands of copilot/CLOUDFORMATION.md read it");
        continue;
      }
      const [value, name] = [output.Value!, valueAt(output, "Export", "Name")];
      if (given.Value !== value) wrong(`must be ${written(value)}, is ${written(given.Value)}${way}`);
      const exported = valueAt(given, "Export", "Name");
      if (name !== undefined && exported !== name)
        wrong(`must be exported as ${String(name)}, is ${String(exported ?? "not exported")}`);
    }
  }
  const volume = environment.patched.Outputs.ManagedFileSystemID?.Value;
  for (const [id, { Type, Properties }] of Object.entries(environment.patched.Resources)) {
    const mounted = valueAt(Properties, "FileSystemId");
    if (Type === "AWS::EFS::MountTarget" && mounted !== volume)
      report(
        environment.file,
        `Resources.${id}.Properties.FileSystemId`,
        `must be ${written(volume)}, which the service mounts, is ${written(mounted)}${way}`,
      );
  }
  const exported = Object.values(environment.patched.Outputs).map(({ Export }) => object(Export).Name);
  const stackName = String(environment.place.parameters?.["AWS::StackName"]);
  for (const [, name] of JSON.stringify(service.patched.Resources).matchAll(/\bimport ([\w-]+)/g)) {
    if (!exported.includes(name!))
      report(
        service.file,
        "Fn::ImportValue",
        `the environment exports no ${name!.replace(`${stackName}-`, "")}${way}`,
      );
  }
}

/** A value as it is written in a template. */
function written(value: Json | undefined): string {
  return (String(value) || '""')
    .replaceAll(/\breference (\w+)/g, "!Ref $1")
    .replaceAll(/\battribute (\w+\.\w+)/g, "!GetAtt $1");
}
