/** Texts of the demo model, in Markdown. They also serve as samples for the display of answers. */

export const SHORT_INTRODUCTION =
  "*This is Holdfast’s demo model: its answers are scripted. Ask how to connect a real model whenever you are ready.*";

const HOW_TO_CONNECT = `- **Amazon Bedrock**: \`MODEL_PROVIDER=bedrock\` with AWS credentials, such as a profile or a task role.
- **Ollama**, llama.cpp, vLLM or LM Studio: \`OPENAI_COMPATIBLE_BASE_URL=http://localhost:11434/v1\` with \`MODELS=openai-compatible/llama3.2\`.`;

export const INTRODUCTION = (quoted: string) => `**Hello! This is Holdfast’s demo model.**

I am built into the server: no account, no network, nothing to pay, and no intelligence either. What is real is everything around me. Your message

${quoted}

was on disk before I began to answer, and this answer is written down while you read it. **Reload the page right now**: it goes on where it was.

Things to try with me:

1. *“My name is Ada”*, and later *“What is my name?”*
2. *“Show me a table”*, *“a list”* or *“some code”*
3. *“Tell me a long story”*, then close the tab and come back
4. *“What did I say first?”* after restarting the server

When you want real answers, restart me with one of these:

${HOW_TO_CONNECT}`;

export const CONNECT = `I am only the demo. A real model takes one restart of the server with other settings:

${HOW_TO_CONNECT}

For example, with Ollama on this machine:

\`\`\`sh
OPENAI_COMPATIBLE_BASE_URL=http://localhost:11434/v1 \\
MODELS=openai-compatible/llama3.2 npm run dev
\`\`\`

This conversation stays where it is, and the real model will read it from the start.`;

export const TABLE = `Here is a table of what happens to this conversation when things go wrong:

| What happens | What you see | What is kept |
| --- | --- | --- |
| You reload the page | The answer goes on | Everything |
| You close the browser | Nothing, until you return | Everything, and the answer is finished for you |
| The server restarts | A short pause | Every message that was sent |
| You press Stop | The answer ends | The text so far |`;

export const LIST = `A list, with another one inside it:

- **Before the answer**
  - your message is written to disk and synced
  - only then is the model called
- **During the answer**
  - each piece of text is saved first and shown second
  - any number of tabs can follow
- **After the answer**
  1. the whole reply becomes one message
  2. the conversation gets its next revision
  3. nothing else has to be cleaned up`;

export const CODE = `A little TypeScript: how to replace a file so that nobody ever reads half of it.

\`\`\`ts
import { open, rename } from "node:fs/promises";

export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = \`\${path}.\${crypto.randomUUID()}.tmp\`;
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(text);
    await file.sync(); // on disk, not only in memory
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
\`\`\`

\`rename\` is atomic: a reader finds the old file or the new one, never a mixture.`;

export const REASONING = (turn: number) =>
  `The person asks me to think, so I show how thoughts look. First I read the conversation: this is message ${String(turn)}. ` +
  "Then I look for a word that I know, such as table, list or code. Then I write the answer that belongs to it. " +
  "A real model would do a great deal more in this place, and you could fold it away all the same.";

export const LONG = `## The keeper of the log

On a rock in the north stood a lighthouse, and in the lighthouse lived a keeper whose work was not the lamp but the book. The lamp had a keeper of its own. Every ship that passed was to be written into the book, with its name, its hour and its heading, and the book was to be true.

At first the keeper wrote as everybody writes. A ship went by, she remembered it, and in the evening she wrote down the day. Then came the night on which the stove fell over. Nobody was hurt and the book was saved, but the day was gone, because the day had only been in her head. After that she made a rule, and wrote it on the wall above the desk:

> What is not in the book has not happened.

From then on she wrote first and waved second. The captains thought it odd that she bent over her desk before she raised her hand, but they came to like it: when she waved, they knew that they were in the book.

### The second keeper

One keeper is one cold away from an empty chair, so the harbour sent another. Now there were two pens and one book, and on the first stormy morning both wrote on the same line. Neither line could be read. They thought about a lock for the book, and about who would hold the key. But what if the one with the key fell asleep? And what if he woke up hours later, sure that it was still his turn?

So they gave up the lock, and numbered the pages instead. Whoever wanted to add something copied the last page, added a line, and pinned the copy to the board under the next number. A number could be pinned once. If the pin was already taken, somebody had been faster: you took your copy down, read the new page, and tried again with the number after it. It cost a little paper. It never cost a ship.

### The long message

Sometimes a captain signalled a long message, letter by letter, with a lamp. One evening the keeper who was reading it was called away in the middle of a word. The other one looked at the book, saw “WE NEED WAT”, and went on with “ER” without asking the captain to start again. The captain never learned that two people had listened. He only noticed that he had not had to repeat himself, which at sea is a form of kindness.

### What the visitors asked

Visitors asked where the clever machine was: the great clock, the telegraph, the iron safe. The keepers showed them a shelf of numbered pages, a board with pins, and the sentence on the wall. Some were disappointed. Others stood for a while, and one of them, who kept books in a city, said that it was the first archive she had seen in which she could not find the place where things get lost.

Years later the rock was given an automatic lamp, and the keepers moved to the village. They took the book with them. It opens on any page, and every page is whole.

---

*That was the long answer: several hundred words, so that there is time to reload the page, to close the tab, or to stop the server in the middle of a sentence. The rest of the story will be here when you come back.*`;
