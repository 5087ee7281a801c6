import { entryKey } from "~/browser/conversations/conversation-list";
import { movedConversations } from "~/browser/conversations/moved-conversations";
import { isObject } from "~/conversation/is-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import type { LocalSources } from "./local-document";

/** Values beside drafts and outboxes that belong to one conversation: what was put aside, and settings not saved. */
const PER_CONVERSATION = /^(holdfast\.(?:draftsAside|settings)\.)([\w-]{22})$/;

type Sources = Pick<LocalSources, "shared" | "entries" | "drafts" | "unsent" | "onUnsent" | "clearUnsent">;

/** Gives what this browser keeps under the earlier ids of moved conversations to their new ones. */
export function carryOver({ shared, entries, drafts, unsent, onUnsent, clearUnsent }: Sources): void {
  const moved = movedConversations(entries.all());
  if (moved.size === 0) return;
  for (const draft of drafts.all()) {
    const id = moved.get(entryKey(draft.id));
    if (id === undefined) continue;
    drafts.offer({ ...draft, id }, null);
    drafts.withdraw(draft);
  }
  for (const [from, message] of unsent()) {
    const id = moved.get(entryKey(from));
    if (id === undefined) continue;
    onUnsent(id, message);
    // Another message may be waiting there.
    if (unsent().some(([to, { id: sent }]) => to === id && sent === message.id))
      clearUnsent(from, message.id);
  }
  for (const key of shared.keys()) {
    const [, kind = "", from = ""] = PER_CONVERSATION.exec(key) ?? [];
    const id = moved.get(entryKey(from));
    if (id !== undefined) join(shared, key, kind + id);
  }
}

/** Moves a stored list or object to another key, together with what is there. */
function join(shared: SafeStorage, from: string, to: string): void {
  const [earlier, present] = [from, to].map((key) => parse(shared.get(key)));
  if (Array.isArray(earlier)) {
    const added: unknown[] = Array.isArray(present) ? present : [];
    shared.set(to, JSON.stringify([...(earlier as unknown[]), ...added]));
  } else if (isObject(earlier)) {
    shared.set(to, JSON.stringify({ ...earlier, ...(isObject(present) && present) }));
  }
  shared.remove(from);
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
