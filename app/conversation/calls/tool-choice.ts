import type { Settings } from "../session/session";
import { MAX_ALLOWED_TOOLS } from "./call-state";

/** Changes of a person's choices about tools in one session. What is not named stays as it is. */
export type ToolChoiceEdit = {
  /** Whether a server or a tool, by its name, is used; null for the operator's default. */
  use?: Record<string, boolean | null> | undefined;
  /** Whether a tool, by its name, runs without asking. */
  allowed?: Record<string, boolean> | undefined;
};

type Choice = Settings["tools"];

/** Applies an edit. Returns the same choices where nothing changes, and none where all are the operator's. */
export function editToolChoice(choice: Choice, edit: ToolChoiceEdit = {}): Choice {
  const use = Object.entries({ ...choice?.use, ...edit.use }).filter((entry) => entry[1] !== null);
  const { allowed: before = [] } = choice ?? {};
  const added = Object.keys(edit.allowed ?? {}).filter((name) => edit.allowed![name]);
  const kept = before.filter((name) => edit.allowed?.[name] !== false);
  const allowed = [...new Set([...kept, ...added])].slice(-MAX_ALLOWED_TOOLS);
  const edited: Choice = {
    ...(use.length > 0 && { use: Object.fromEntries(use) as Record<string, boolean> }),
    ...(allowed.length > 0 && { allowed }),
  };
  if (JSON.stringify(edited) === JSON.stringify(choice ?? {})) return choice;
  return Object.keys(edited).length > 0 ? edited : undefined;
}

/** One edit that does what two do one after another. */
export function mergeToolEdits(one: ToolChoiceEdit = {}, two: ToolChoiceEdit = {}): ToolChoiceEdit {
  return {
    ...((one.use || two.use) && { use: { ...one.use, ...two.use } }),
    ...((one.allowed || two.allowed) && { allowed: { ...one.allowed, ...two.allowed } }),
  };
}

/** A server of tools, as `GET /api/tools` describes it. */
export type ToolServerView = {
  name: string;
  /** It cannot be reached now: the conversation goes on without its tools. */
  isAway: boolean;
  /** Whether a conversation uses it without a choice of the person. */
  isOn: boolean;
  /** As it has last listed them. */
  tools: ToolView[];
  /** Names, as the server has them, of tools that models cannot be offered. */
  leftOut: string[];
};

/** `asks`: whether its calls ask first, unless the person has allowed it. */
export type ToolView = { name: string; description: string; asks: boolean };

export const isServerUsed = (
  { name, isOn }: Pick<ToolServerView, "name" | "isOn">,
  choice: Choice,
): boolean => choice?.use?.[name] ?? isOn;

export const isToolUsed = ({ name }: Pick<ToolView, "name">, choice: Choice): boolean =>
  choice?.use?.[name] !== false;
