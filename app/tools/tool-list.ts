import { isObject } from "~/conversation/is-object";

type ToolList = {
  /** A `tools/list` result as the client of the AI SDK takes it. */
  result: Record<string, unknown>;
  /** Names of the tools that were left out, as far as they have one. */
  leftOut: string[];
};

/**
 * Reads the result of `tools/list`. The client of the AI SDK refuses the whole list for one field that it does not expect,
 * such as a description that is null. Tools without a usable schema are left out, since models refuse requests with them;
 * other fields are not used here.
 * @returns null for results of other requests
 */
export function readToolList(result: unknown): ToolList | null {
  if (!isObject(result) || !Array.isArray(result.tools)) return null;
  const { nextCursor, tools: listed, ...rest } = result;
  const tools: object[] = [];
  const leftOut: string[] = [];
  for (const each of listed as unknown[]) {
    const tool = readTool(each);
    if (tool) tools.push(tool);
    else leftOut.push(isObject(each) && typeof each.name === "string" ? each.name : "a tool without a name");
  }
  return {
    result: { ...rest, tools, ...(typeof nextCursor === "string" && { nextCursor }) },
    leftOut,
  };
}

/** Null for a tool that cannot be offered: without a name, or whose arguments are not the properties of an object. */
function readTool(tool: unknown): object | null {
  if (!isObject(tool) || typeof tool.name !== "string") return null;
  const { name, title, description, inputSchema } = tool;
  if (!isObject(inputSchema)) return null;
  const { type = "object", properties = {} } = inputSchema;
  if (type !== "object" || !isObject(properties)) return null;
  return {
    name,
    ...(typeof title === "string" && { title }),
    ...(typeof description === "string" && { description }),
    inputSchema: { ...inputSchema, type },
  };
}
