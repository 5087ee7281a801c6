import { expect, test } from "vitest";
import { readExport } from "~/browser/transfer/read-export";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import { chatGptConversation, DAMAGED_CONVERSATION } from "../fixtures/foreign-archive";

const COUNT = 5_000;
const CHARACTERS = 40_000;
const limits = { titleLength: MAX_TITLE_LENGTH, itemIds: ITEM_ID_PATTERN };

/** A file of 200 MB that is made while it is read. `made` is the number of conversations that were read from it. */
function largeExport() {
  const state = { made: 0 };
  const encoder = new TextEncoder();
  const stream = () => {
    state.made = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const number = state.made++;
          const isDamaged = number === COUNT / 2;
          const text = isDamaged ? DAMAGED_CONVERSATION : chatGptConversation(number, CHARACTERS);
          controller.enqueue(encoder.encode(`${number === 0 ? "[" : ", "}${text}`));
          if (state.made < COUNT) return;
          controller.enqueue(encoder.encode("]"));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  };
  const file = { slice: () => new Blob(["["]), stream } as unknown as Blob;
  return { file, state };
}

test("of an export of 200 MB one conversation at a time is read, and all but the damaged one are found", async () => {
  const { file, state } = largeExport();
  const unreadable: string[] = [];
  let total = 0;
  let found = 0;
  let furthestAhead = 0;
  for await (const conversation of readExport(file, limits, (count) => (total = count))) {
    found += 1;
    furthestAhead = Math.max(furthestAhead, state.made - found);
    if (conversation.kind !== "item") unreadable.push(JSON.stringify(conversation));
    else expect(conversation.item.text.length).toBeGreaterThan(CHARACTERS);
  }
  expect([total, found]).toEqual([COUNT, COUNT]);
  expect(unreadable).toEqual([
    JSON.stringify({ kind: "unreadable", title: "The damaged one", reason: "importDamaged" }),
  ]);
  // An element ends at the comma of the next one.
  expect(furthestAhead).toBeLessThanOrEqual(1);
});
