import { IMAGE_TYPES, attachmentPart, type AttachmentView } from "~/conversation/files/attachment";
import { MAX_OUTPUT_LENGTH, MAX_TOOL_ERROR_LENGTH } from "~/conversation/calls/call-state";
import { isObject } from "~/conversation/is-object";
import type { ToolResult, ToolSource } from "~/conversation/calls/tool-set";
import type { ToolOutput } from "~/conversation/calls/tool-part";

/** Stores bytes that a tool has returned in the session of its call. */
export type KeepFile = (filename: string, bytes: Uint8Array) => Promise<AttachmentView>;

type Item = ToolOutput["content"][number];

/** Content of a result, in MCP's form, as far as it is read. */
type Content = {
  type?: unknown;
  text?: unknown;
  data?: unknown;
  mimeType?: unknown;
  uri?: unknown;
  name?: unknown;
  title?: unknown;
  resource?: { text?: unknown; blob?: unknown; uri?: unknown; mimeType?: unknown };
};

/** Images of one result that are kept. */
const MAX_FILES = 10;
/** Items of one result that are kept, and pages that it names: a message has all of them in it. */
const MAX_ITEMS = 100;
/** Longer addresses are no links that people follow. */
const MAX_URL_LENGTH = 2_000;
/** Levels of structured content. Far more could be read here, and not be written as a part of a message. */
const MAX_DEPTH = 100;

/**
 * Converts a result of a server. Images become attachments of the session; a text that is too long for a message is cut
 * there, and kept as an attachment too.
 * @param result in MCP's form
 */
export async function toCallResult(result: unknown, toolName: string, keep: KeepFile): Promise<ToolResult> {
  const { content, structuredContent, isError } = result as {
    content?: Content[];
    structuredContent?: unknown;
    isError?: unknown;
  };
  const items = createItems(toolName, keep);
  const given = Array.isArray(content) ? content : [];
  for (const each of given.slice(0, MAX_ITEMS)) await items.add(each);
  if (given.length > MAX_ITEMS) items.addNote(`${String(given.length - MAX_ITEMS)} more items`, "left out");
  if (isError === true) {
    const text = items.text().slice(0, MAX_TOOL_ERROR_LENGTH).toWellFormed().trim();
    return { state: "output-error", errorText: text || "The tool reported an error without a word." };
  }
  const output: ToolOutput = { content: items.all() };
  const isDeep = isDeeper(structuredContent, MAX_DEPTH);
  const structured = isDeep ? undefined : JSON.stringify(structuredContent);
  if (isDeep) items.addNote("structured content", "nested too deeply");
  // Servers repeat it as text; it is kept where it is the only content.
  if (structured !== undefined && output.content.length === 0) {
    if (structured.length <= MAX_OUTPUT_LENGTH) output.structuredContent = structuredContent;
    else await items.add({ type: "text", text: structured });
  }
  const sources = items.sources();
  return {
    state: "output-available",
    output: { ...output, content: items.all() },
    ...(sources.length > 0 && { sources }),
  };
}

/** Whether a value of JSON has more levels than this. Without recursion, which many levels would end. */
function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((each) => (isObject(each) || Array.isArray(each) ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}

function createItems(toolName: string, keep: KeepFile) {
  const items: Item[] = [];
  let room = MAX_OUTPUT_LENGTH;
  let files = 0;
  const sources: ToolSource[] = [];

  async function addFile(filename: string, bytes: Uint8Array) {
    if (files >= MAX_FILES) return addNote(filename, "left out");
    files += 1;
    try {
      items.push(attachmentPart(await keep(filename, bytes)));
    } catch {
      addNote(filename, "could not be stored");
    }
  }

  function addNote(what: string, why: string) {
    items.push({ type: "text", text: `[${what}: ${why}]` });
  }

  async function addText(text: string) {
    const clean = text.toWellFormed();
    // Characters that JSON escapes count as what they take in the file.
    const cost = JSON.stringify(clean).length;
    if (cost <= room) {
      room -= cost;
      items.push({ type: "text", text: clean });
      return;
    }
    const head = clean.slice(0, Math.floor(room / 2)).toWellFormed();
    room = 0;
    items.push({ type: "text", text: `${head}\n[… cut: ${String(clean.length)} characters in all]` });
    await addFile(`${toolName}.txt`, new TextEncoder().encode(clean));
  }

  return {
    async add(content: Content) {
      const { type, text, data, mimeType, uri, name, title, resource } = content;
      if (type === "text" && typeof text === "string") await addText(text);
      else if (type === "image" && typeof data === "string") {
        const isKnown = (IMAGE_TYPES as readonly unknown[]).includes(mimeType);
        const filename = `${toolName}.${String(mimeType).replace(/^image\//, "")}`;
        if (isKnown) await addFile(filename, Buffer.from(data, "base64"));
        else addNote(filename.slice(0, 100), "not a kind of image that is shown here");
      } else if (type === "resource_link" && typeof uri === "string") {
        const label = [title, name, uri].find((each) => typeof each === "string") as string;
        if (/^https?:/.test(uri) && uri.length <= MAX_URL_LENGTH)
          sources.push({ url: uri, ...(label !== uri && { title: label.slice(0, 500) }) });
        await addText(`${label}: ${uri}`);
      } else if (type === "resource" && typeof resource?.text === "string") await addText(resource.text);
      else addNote(String(type).slice(0, 50), "a kind of content that is not shown here");
    },
    addNote,
    text: () => items.flatMap((item) => (item.type === "text" ? [item.text] : [])).join("\n"),
    all: () => [...items],
    sources: () => sources,
  };
}
