import { attachmentParts, formatBytes, type AttachmentPart } from "~/conversation/files/attachment";
import { plainText } from "~/conversation/reply/reply-text";
import type { Message } from "~/conversation/session/session";
import { CODE, CONNECT, INTRODUCTION, LIST, LONG, REASONING, SHORT_INTRODUCTION, TABLE } from "./demo-texts";
import { quoteMarkdown } from "~/model/prompt/quote-markdown";

export type DemoAnswer = { reasoning: string | null; text: string };

type Conversation = {
  /** The last user message, in lower case. */
  question: string;
  /** The files of the last user message. */
  files: readonly AttachmentPart[];
  /** The texts of all user messages, the question last. */
  said: readonly string[];
  /** The texts of the answers, also of those that were cut. */
  answered: readonly string[];
};

/** The demo's whole answer: a pure function of the conversation, so that any node can continue it. */
export function answerAsDemo(messages: readonly Message[]): DemoAnswer {
  const said = textsOf(messages, "user");
  const answered = textsOf(messages, "assistant");
  const files = attachmentParts(messages.at(-1)?.parts ?? []);
  const conversation = { said, answered, files, question: (said.at(-1) ?? "").toLowerCase() };
  const skill = SKILLS.find(({ asked }) => asked.test(conversation.question));
  const answer = skill?.answer(conversation) ?? conversationAnswer(conversation);
  return {
    reasoning: /\b(think|thinking|reason|reasoning)\b/.test(conversation.question)
      ? REASONING(said.length)
      : null,
    // The first answer introduces the demo, also where a skill answers.
    text: answered.length === 0 && skill ? `${SHORT_INTRODUCTION}\n\n${answer}` : answer,
  };
}

type Skill = { asked: RegExp; answer: (conversation: Conversation) => string };

/** In order: the first skill whose pattern matches the question answers. */
const SKILLS: readonly Skill[] = [
  { asked: /\bwhat('s| is| was) my name\b|\bwho am i\b/, answer: recallName },
  { asked: /\bmy name is \S/, answer: greetByName },
  { asked: /\bwhat (did|have) i (just )?(say|said|write|written|ask|asked|tell|told)\b/, answer: recallSaid },
  {
    asked: /\bwhat (did|have) you (just )?(say|said|answer|answered|write|written)\b/,
    answer: recallAnswered,
  },
  { asked: /\b(real model|connect|bedrock|ollama)\b/, answer: () => CONNECT },
  { asked: /\b(long|longer|essay|story)\b/, answer: () => LONG },
  { asked: /\b(table|tables)\b/, answer: () => TABLE },
  { asked: /\b(code|function|program|snippet)\b/, answer: () => CODE },
  { asked: /\b(list|lists|steps|bullet|bullets)\b/, answer: () => LIST },
];

function conversationAnswer(conversation: Conversation): string {
  const { said, answered, files } = conversation;
  if (files.length > 0) return describeFiles(conversation);
  const now = quote(said.at(-1));
  if (answered.length === 0) return INTRODUCTION(now);
  const first = `It began with “${quoteMarkdown(said[0]!)}”`;
  const count = `this is message **${String(said.length)}** of yours`;
  const variants = [
    `You wrote:\n\n${now}\n\nNoted, and kept: ${count}. ${first}, and all of it is still here after a reload.`,
    `Message received:\n\n${now}\n\nA real model would have an opinion now. I have a good memory instead: ${count}. ${first}.`,
    `Here is what reached me:\n\n${now}\n\nBy my count ${count} in this conversation. ${first}. Ask *“What did I say first?”* and I will find it.`,
    `Thank you for this:\n\n${now}\n\nI can only pretend to understand it, but I can count: ${count}. Try **a table**, **a list**, **code** or **a long answer** next.`,
  ];
  return variants[hash(said.join("\n")) % variants.length]!;
}

function describeFiles({ files, said }: Conversation): string {
  const rows = files.map(
    ({ filename, mediaType, size }) => `| ${quoteMarkdown(filename)} | ${mediaType} | ${formatBytes(size)} |`,
  );
  const what = files.length === 1 ? "this file" : `these ${String(files.length)} files`;
  const text = said.at(-1)?.trim() ? ` You wrote:\n\n${quote(said.at(-1))}` : "";
  return `I was given ${what}:\n\n| name | type | size |\n| --- | --- | --- |\n${rows.join("\n")}\n\nA real model would look inside. I only see that all of it has arrived, and is kept with this conversation.${text}`;
}

/** The name that was given last, as it was written. */
function nameIn(said: readonly string[]): string | null {
  for (const text of said.toReversed()) {
    const name = /\bmy name is\s+([\p{L}\p{N}][\p{L}\p{N}'’-]{0,39})/iu.exec(text)?.[1];
    if (name !== undefined) return quoteMarkdown(name);
  }
  return null;
}

function greetByName({ said }: Conversation): string {
  return `Nice to meet you, **${nameIn(said) ?? "whoever you are"}**. I will remember it as long as this conversation exists: reload the page, or restart the server, and ask *“What is my name?”*.`;
}

function recallName({ said }: Conversation): string {
  const name = nameIn(said);
  return name === null
    ? "You have not told me yet. Say *“My name is …”* and I will remember it."
    : `Your name is **${name}**. You told me earlier in this conversation.`;
}

function recallSaid({ question, said }: Conversation): string {
  const before = said.slice(0, -1);
  if (before.length === 0) return "Nothing before this: it is your first message in this conversation.";
  if (/\bfirst\b/.test(question)) return `The first thing that you said was:\n\n${quote(before[0])}`;
  if (/\b(last|before|just)\b/.test(question))
    return `Just before this, you said:\n\n${quote(before.at(-1))}`;
  const lines = before.map((text, index) => `${String(index + 1)}. ${quoteMarkdown(text) || "(nothing)"}`);
  return `So far you have said, in this order:\n\n${lines.join("\n")}`;
}

function recallAnswered({ answered }: Conversation): string {
  if (answered.length === 0) return "Nothing yet: this is my first answer in this conversation.";
  return `My last answer began like this:\n\n${quote(answered.at(-1)!.replace(/[*_`#>|]/g, ""))}`;
}

function quote(text: string | undefined): string {
  return `> ${quoteMarkdown(text ?? "") || "(nothing)"}`;
}

function textsOf(messages: readonly Message[], role: Message["role"]): string[] {
  return messages.flatMap((message) => {
    const text = plainText(message.parts);
    return message.role !== role || (role === "assistant" && text === "") ? [] : [text];
  });
}

/** FNV-1a: the same text always chooses the same variant. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
