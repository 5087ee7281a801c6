import { NEWEST_FORMAT } from "~/conversation/session/formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importBody } from "~/conversation/files/conversation-file";
import { exportJson } from "~/conversation/files/export-conversation";
import { ExpectedError } from "~/conversation/expected-error";
import type { ShareSnapshot } from "~/conversation/files/share";
import { plainLines } from "~/replies/journals/journal-lines";
import { documentsIn, expectedOf, linesIn } from "../../tests/fixtures/store/stored-files";
import { KEY } from "../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../tests/fixtures/store/test-encryptor";
import { parseStored } from "~/conversation/session/parse-stored";
import { shareSnapshot } from "~/conversation/files/share";
import { parseStoredHandoff } from "~/store/shares/handoff-file";
import { encryptSession } from "~/store/encryption/encrypted-session";
import { createSessionCodec } from "~/store/sessions/session-codec";
import { parseHeader } from "~/store/sessions/session-header";
import { parseStoredShare } from "~/store/shares/share-files";
import { parseStoredSession, type StoredSession } from "~/store/sessions/stored-session";

type Kind = "whole" | "newer" | "damaged";
type Json = { [key: string]: unknown };

/** Each kind of file: documents as they were written, and how this version classifies a document. */
const kinds: Record<string, { documents: object[]; read: (json: unknown) => Kind }> = {
  "a session": {
    documents: [...sessions("plain"), withOmissions()],
    read: (json) => parseStoredSession(bytesOf(json), revOf(json)).kind as Kind,
  },
  "the header of an encrypted session": {
    documents: sessions("sealed"),
    read: (json) => parseHeader(bytesOf(json), revOf(json)).kind,
  },
  "the encrypted part of a session": {
    documents: sessions("plain").map(({ title, titleSource, settings, head, messages }) => ({
      title,
      titleSource,
      settings,
      head,
      messages,
    })),
    read: readSealedPart,
  },
  "a share": {
    documents: documentsIn("plain", "shares").map(({ json }) => json),
    read: (json) => parseStoredShare(bytesOf(json)).kind,
  },
  "an encrypted share": {
    documents: documentsIn("sealed", "shares").map(({ json }) => json),
    read: (json) => parseStoredShare(bytesOf(json)).kind,
  },
  "the encrypted part of a share": {
    documents: documentsIn("plain", "shares").map(
      ({ json }) => (json as { snapshot: ShareSnapshot }).snapshot,
    ),
    read: (json) => parseStored(shareSnapshot, json).kind,
  },
  "a hand-off": {
    documents: documentsIn("plain", "handoffs").map(({ json }) => json),
    read: (json) => parseStoredHandoff(bytesOf(json)).kind,
  },
  "a line of a journal": {
    documents: linesIn("plain", "sessions").map((line) => JSON.parse(line) as object),
    read: (json) => refusedAs("session_newer_format", () => plainLines.parse(JSON.stringify(json), 0)),
  },
  "an exported conversation": {
    documents: [JSON.parse(exportJson(expectedOf("plain").record.session)) as object],
    read: (json) => refusedAs("file_newer_format", () => importBody.safeParse(json).data ?? null),
  },
};

function sessions(volume: "plain" | "sealed"): StoredSession[] {
  return documentsIn(volume, "sessions").map(({ json }) => json as StoredSession);
}

function withOmissions(): StoredSession {
  const [session] = structuredClone(sessions("plain")) as [StoredSession];
  const answer = session.messages.find(({ role }) => role === "assistant")!;
  Object.assign(answer.metadata, { omissions: [{ code: "image_too_large", subject: "a.png" }] });
  return { ...session, format: 3 };
}

function bytesOf(json: unknown): Buffer {
  return Buffer.from(JSON.stringify(json));
}

/** The revision number in the name of the file. */
function revOf(json: unknown): number {
  return Number((json as Json).recent === undefined ? 7 : ((json as Json).rev ?? 7));
}

function readSealedPart(json: unknown): Kind {
  const [head] = sessions("plain") as [StoredSession];
  const encryptor = createTestEncryptor(true);
  const bytes = encryptSession(encryptor, KEY, head, bytesOf(json));
  return createSessionCodec({ encryptor }).decode(KEY, bytes, head.rev).kind;
}

function refusedAs(code: string, read: () => unknown): Kind {
  try {
    return read() === null ? "damaged" : "whole";
  } catch (error) {
    if (ExpectedError.isInstance(error) && error.code === code) return "newer";
    throw error;
  }
}

type Place = { at: Json; key: string };

/** Every field and element in a document, at any depth. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const at = value as Json;
  return Object.keys(at).flatMap((key) => [{ at, key }, ...placesIn(at[key])]);
}

function objectsIn(value: unknown): Json[] {
  const inner = placesIn(value).map(({ at, key }) => at[key]);
  return [value, ...inner].filter(
    (each) => typeof each === "object" && each !== null && !Array.isArray(each),
  ) as Json[];
}

const LATER_KINDS = /^(type|role|status|titleSource|mediaType|finishReason)$/;

const laterName = fc
  .string({ minLength: 1, maxLength: 12, unit: "binary-ascii" })
  .map((name) => `later ${name}`);

/** Adds something that only a later version knows, somewhere in a document. */
function addSomethingLater(json: object, where: number, name: string, value: unknown) {
  const kindsThere = placesIn(json).filter(
    ({ at, key }) => LATER_KINDS.test(key) && typeof at[key] === "string",
  );
  const objects = objectsIn(json);
  const chosen = where % (kindsThere.length + objects.length);
  if (chosen < objects.length) objects[chosen]![name] = value;
  else {
    const { at, key } = kindsThere[chosen - objects.length]!;
    at[key] = name;
  }
}

/** Puts a value of another type somewhere in a document. */
function breakSomething(json: object, where: number) {
  const places = placesIn(json).filter(({ key }) => !key.startsWith("later "));
  const { at, key } = places[where % places.length]!;
  at[key] = typeof at[key] === "number" ? "7" : 7;
}

const anywhere = fc.nat({ max: 100_000 });

describe.each(Object.entries(kinds))("%s", (_, { documents, read }) => {
  const document = fc.constantFrom(...documents);

  test("an unchanged document is whole", () => {
    expect(documents.length).toBeGreaterThan(0);
    for (const each of documents) expect(read(each)).toBe("whole");
  });

  test("a document with additions anywhere is newer", () => {
    const later = fc.array(fc.tuple(anywhere, laterName, fc.jsonValue()), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(document, later, (original, things) => {
        const json = structuredClone(original);
        for (const thing of things) addSomethingLater(json, ...thing);
        expect(read(json)).toBe("newer");
      }),
    );
  });

  test("a document with a value of a wrong type anywhere is damaged", () => {
    fc.assert(
      fc.property(document, anywhere, (original, where) => {
        const json = structuredClone(original);
        breakSomething(json, where);
        expect(read(json)).toBe("damaged");
      }),
    );
  });

  test("a document with a value of a wrong type and an unknown field is damaged", () => {
    fc.assert(
      fc.property(document, anywhere, anywhere, laterName, (original, where, there, name) => {
        const json = structuredClone(original);
        breakSomething(json, where);
        const objects = objectsIn(json);
        objects[there % objects.length]![name] = 1;
        expect(read(json)).toBe("damaged");
      }),
    );
  });

  test("a document with a renamed field is never whole, and damaged if the field is required", () => {
    fc.assert(
      fc.property(document, anywhere, laterName, (original, where, name) => {
        const json = structuredClone(original);
        const places = placesIn(json).filter(({ at }) => !Array.isArray(at));
        const { at, key } = places[where % places.length]!;
        const value = at[key];
        Reflect.deleteProperty(at, key);
        const without = read(json);
        at[name] = value;
        expect(read(json)).toBe(without === "whole" ? "newer" : "damaged");
      }),
    );
  });
});

test.each([
  ["an unknown format number", { format: 99 }],
  ["the format number after the newest", { format: NEWEST_FORMAT + 1 }],
])("a document with %s is newer, whatever else it contains", (_, change) => {
  for (const json of [
    { ...change },
    ...sessions("plain").map((each) => ({ ...each, ...change, messages: 7 })),
  ]) {
    expect(parseStoredSession(bytesOf(json), 1).kind).toBe("newer");
    expect(parseStoredShare(bytesOf(json)).kind).toBe("newer");
    expect(parseStoredHandoff(bytesOf(json)).kind).toBe("newer");
  }
});

test.each([0, -1, 1.5, "4", null, undefined])("a document with the format %j is damaged", (format) => {
  for (const json of sessions("plain").map((each) => ({ ...each, format }))) {
    expect(parseStoredSession(bytesOf(json), json.rev).kind).toBe("damaged");
  }
});

test("bytes that are not UTF-8 or not JSON are damaged in every kind of file", () => {
  const reads = [(bytes: Buffer) => parseStoredSession(bytes, 1), parseStoredShare, parseStoredHandoff];
  const later = Buffer.from('{"format":99,"later":"x"}');
  for (const read of reads) {
    expect(read(later).kind).toBe("newer");
    expect(read(Buffer.concat([later.subarray(0, -3), Buffer.from([0xff]), later.subarray(-2)])).kind).toBe(
      "damaged",
    );
    expect(read(later.subarray(0, -1)).kind).toBe("damaged");
    expect(read(Buffer.alloc(0)).kind).toBe("damaged");
  }
});
