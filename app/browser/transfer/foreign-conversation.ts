import type { ConversationFile } from "~/conversation/files/conversation-file";
import type { Message, WordsPart } from "~/conversation/session/session";

/** What the file may have. Handed in, so that a worker need not load the page's own code. */
export type FileLimits = { titleLength: number; itemIds: RegExp };

/** What an import leaves out. */
export type Skipped = "images" | "files" | "audio" | "tools" | "other";

/** A message of another service's export, one node of a tree. */
export type ForeignNode = {
  id: string;
  /** Null, or the id of a node that does not exist, for a root. */
  parent: string | null;
  /** Null for a node that is not shown: its children belong to the node before it. */
  role: "user" | "assistant" | null;
  parts: readonly WordsPart[];
  createdAt: string | null;
  modelId?: string | undefined;
};

export type ForeignConversation = {
  /** Tells the conversation, in this state, from others: a repeated import leaves it out. */
  source: string;
  title: string;
  createdAt: string;
  updatedAt: string;
  archived: boolean;
  /** In any order. */
  nodes: readonly ForeignNode[];
  /** The node at the end of the branch that is shown, if known. */
  current: string | null;
  skipped: ReadonlySet<Skipped>;
};

/** Messages that are open while a branch is walked: neighbours of one role become one message. */
type Open = {
  id: string;
  role: "user" | "assistant";
  parts: readonly WordsPart[];
  createdAt: string;
  modelId: string;
};

/**
 * The file that a conversation of another service is imported as, with its branches. Questions and answers alternate:
 * neighbours of one role are joined, and an answer without a question gets an empty one.
 * @returns null if there is no text
 */
export function fileOfForeign(
  conversation: ForeignConversation,
  limits: FileLimits,
): ConversationFile | null {
  const { title, createdAt, nodes } = conversation;
  const known = new Map(nodes.map((node) => [node.id, node]));
  const children = new Map<string | null, ForeignNode[]>();
  for (const node of nodes) {
    const parent = node.parent !== null && known.has(node.parent) ? node.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(node);
    else children.set(parent, [node]);
  }
  const messages = new Map<string, Message>();
  /** The message that a node is part of. */
  const messageOf = new Map<string, string>();

  function close(open: Open, parentId: string | null) {
    if (!messages.has(open.id)) messages.set(open.id, toMessage(open, parentId));
  }

  const stack: { node: ForeignNode; parentId: string | null; open: Open | null }[] = [];
  const push = (of: string | null, parentId: string | null, open: Open | null) => {
    for (const node of [...(children.get(of) ?? [])].reverse()) stack.push({ node, parentId, open });
  };
  push(null, null, null);
  for (let step = stack.pop(); step; step = stack.pop()) {
    const { node } = step;
    let { parentId, open } = step;
    if (node.role !== null && node.parts.length > 0) {
      const { role, parts, modelId = "" } = node;
      const own = {
        id: itemId(node.id, limits),
        role,
        parts,
        createdAt: node.createdAt ?? createdAt,
        modelId,
      };
      if (open?.role === role) open = { ...open, id: own.id, parts: joined(open.parts, parts) };
      else {
        if (open) close(open, parentId);
        else if (role === "assistant") close((open = emptyQuestion(own)), null);
        parentId = open?.id ?? null;
        open = own;
      }
    }
    if (open) messageOf.set(node.id, open.id);
    // Nodes of a cycle are never reached from a root.
    if (children.has(node.id)) push(node.id, parentId, open);
    else if (open) close(open, parentId);
  }
  const last = [...messages.keys()].at(-1);
  if (last === undefined) return null;
  const modelId = nodes.findLast((node) => node.modelId)?.modelId ?? "";
  return {
    format: "holdfast-conversation",
    version: 1,
    title: title.slice(0, limits.titleLength).toWellFormed(),
    settings: { modelId, instructions: "" },
    messages: [...messages.values()],
    head: headOf(conversation, known, messageOf, messages) ?? last,
    createdAt,
  };
}

/** The message of the last shown node before the end of the shown branch. */
function headOf(
  { current }: ForeignConversation,
  known: ReadonlyMap<string, ForeignNode>,
  messageOf: ReadonlyMap<string, string>,
  messages: ReadonlyMap<string, Message>,
): string | null {
  const seen = new Set<string>();
  for (let id = current; id !== null && !seen.has(id); id = known.get(id)?.parent ?? null) {
    seen.add(id);
    const message = messageOf.get(id);
    if (message !== undefined && messages.has(message)) return message;
  }
  return null;
}

function toMessage({ id, role, parts, createdAt, modelId }: Open, parentId: string | null): Message {
  if (role === "user") {
    const text = parts.map((part) => part.text).join("\n\n");
    return { id, parentId, role, parts: [{ type: "text", text }], metadata: { createdAt } };
  }
  return {
    id,
    parentId: parentId ?? "",
    role,
    parts: [...parts],
    metadata: { status: "complete", modelId, node: "", createdAt, finishedAt: createdAt },
  };
}

function joined(before: readonly WordsPart[], after: readonly WordsPart[]): WordsPart[] {
  const last = before.at(-1);
  const first = after[0];
  if (!last || !first || last.type !== first.type) return [...before, ...after];
  return [...before.slice(0, -1), { ...first, text: `${last.text}\n\n${first.text}` }, ...after.slice(1)];
}

function emptyQuestion({ id, createdAt }: Open): Open {
  const text = [{ type: "text" as const, text: "…" }];
  return { id: `${id.slice(0, 56)}-before`, role: "user", parts: text, createdAt, modelId: "" };
}

function itemId(id: string, { itemIds }: FileLimits): string {
  return itemIds.test(id) ? id : id.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 64) || "message";
}
