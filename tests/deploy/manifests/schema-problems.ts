import type { z } from "zod";
import type { Json } from "../templates/parse-yaml.ts";
import type { Report } from "../problem.ts";

/** What the schema makes of a value, or null after it has reported every key that is wrong. */
export function parseWith<T extends z.ZodType>(
  schema: T,
  file: string,
  value: Json | undefined,
  report: Report,
  at: readonly PropertyKey[] = [],
): z.output<T> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = [...at, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        report(
          file,
          keyOf([...path, key]),
          "is no key that this check knows; Copilot ignores what it does not know",
        );
      }
    } else {
      report(file, keyOf(path), describe(issue));
    }
  }
  return null;
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "(file)" : path.map(String).join(".");
}

function describe(issue: z.core.$ZodIssue): string {
  const message = issue.message.replace(/^Invalid input: /, "").replace("expected", "must be");
  if (issue.code === "invalid_type" && message.endsWith("received undefined")) return "is missing";
  return message.replace(/^Invalid option: must be one of /, "must be one of ").replace(", received", ", is");
}
