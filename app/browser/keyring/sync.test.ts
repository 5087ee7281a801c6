import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { MAX_CARRIED } from "./document/device-values";
import { createFakeDevice, createFakeServer, type FakeDevice, type Fate } from "./fake-keyring";
import { KeyringError } from "./keyring";
import { cipherOf, newSecret } from "./sealing/secret";

async function twoDevices() {
  const server = createFakeServer();
  const cipher = cipherOf(newSecret());
  const time = { now: Date.UTC(2026, 10, 29) };
  const now = () => (time.now += 1);
  const laptop = createFakeDevice(server, cipher, "laptop", now);
  const phone = createFakeDevice(server, cipher, "phone", now);
  await laptop.run({ mayCreate: true });
  await phone.run();
  return { server, cipher, laptop, phone, now };
}

const sorted = (device: FakeDevice) => device.index.all().toSorted((a, b) => (a.id < b.id ? -1 : 1));

async function settle(...devices: FakeDevice[]) {
  for (let round = 0; round < 3; round++) {
    for (const device of devices) {
      device.setFate("arrives");
      await device.run();
      device.finish();
      await device.run();
    }
  }
}

describe("two browsers with one keyring", () => {
  test("exchange conversations, folders, presets and preferences", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    laptop.edit([id], { pinned: true });
    laptop.preferences.change({ theme: "dark", textSize: "huge" });
    laptop.presets.add({
      name: "Short",
      instructions: "Be brief.",
      modelId: null,
      temperature: null,
      effort: null,
      prompts: [],
    });
    laptop.presets.changeDefaults({ instructions: "Metric units." });
    await settle(laptop, phone);
    expect(phone.index.find(id)).toMatchObject({ title: "Tea", pinned: true, saved: true });
    expect(phone.preferences.getSnapshot()).toMatchObject({ theme: "dark", textSize: "medium" });
    expect(phone.presets.getSnapshot().list.map(({ name }) => name)).toEqual(["Short"]);
    expect(phone.presets.getSnapshot().defaults.instructions).toBe("Metric units.");
  });

  test("a small change sends some hundred bytes, however long the list is", async () => {
    const { server, laptop, phone } = await twoDevices();
    for (let made = 0; made < 300; made++) laptop.begin(newId(), `Conversation ${String(made)}`);
    await settle(laptop, phone);
    const before = server.stored.bytes;
    phone.edit([phone.ids()[0]!], { title: "Another title" });
    await phone.run();
    expect(server.stored.bytes - before).toBeLessThan(400);
    expect(server.stored.bytes).toBeGreaterThan(8_000);
  });

  test("a list that the server has no room for is written anew in less, and has room again after deletions", async () => {
    const { server, laptop, phone } = await twoDevices();
    for (let made = 0; made < 100; made++) laptop.begin(newId(), `Conversation ${String(made)}`);
    await settle(laptop, phone);
    const [id, ...others] = phone.ids() as [string, ...string[]];
    for (const title of ["One", "Two", "Three"]) {
      phone.edit([id], { title });
      await phone.run();
    }
    server.limit.bytes = server.size();
    phone.edit([id], { title: "Four" });
    await phone.run();
    await laptop.run();
    expect(laptop.index.find(id)!.title).toBe("Four");

    server.limit.bytes = server.size();
    laptop.begin(newId(), "One too many");
    await expect(laptop.run()).rejects.toEqual(new KeyringError("full"));
    for (const other of others.slice(0, 50)) laptop.remove(other);
    await settle(laptop, phone);
    expect(phone.index.all()).toHaveLength(51);
  });

  test("a device that joins with preferences of its own takes those of the keyring", async () => {
    const { server, cipher, laptop, now } = await twoDevices();
    laptop.preferences.change({ theme: "dark" });
    await laptop.run();
    const tablet = createFakeDevice(server, cipher, "tablet", now);
    tablet.preferences.change({ theme: "light", singleKeys: true });
    await tablet.run();
    await settle(laptop, tablet);
    for (const device of [laptop, tablet]) {
      expect(device.preferences.getSnapshot()).toMatchObject({ theme: "dark", singleKeys: true });
    }
  });
});

describe("drafts of two browsers", () => {
  test("a draft is shown on the other device, followed while it grows, and gone when it was sent", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    for (const text of ["Hello", "Hello world", "Hello w", ""]) {
      laptop.type(id, text);
      await settle(laptop, phone);
      expect([laptop.draft(id), phone.draft(id)]).toEqual([text, text]);
    }
  });

  test("a draft that is too long for the keyring stays here, and keeps nothing else from being sent", async () => {
    const { server, laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    laptop.type(id, "Hello");
    await settle(laptop, phone);
    const before = server.size();
    laptop.type(id, `Hello ${"x".repeat(MAX_CARRIED)}`);
    laptop.edit([id], { title: "Coffee" });
    await settle(laptop, phone);
    expect([phone.draft(id), phone.index.find(id)!.title]).toEqual(["Hello", "Coffee"]);
    expect(server.size() - before).toBeLessThan(1_000);
    expect(laptop.draft(id)).toHaveLength(MAX_CARRIED + 6);
    laptop.type(id, "Hello world");
    await settle(laptop, phone);
    expect(phone.draft(id)).toBe("Hello world");
  });

  test("two drafts of one conversation are both kept", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    laptop.type(id, "Black tea");
    phone.type(id, "Green tea");
    await settle(laptop, phone);
    expect([laptop.draft(id), phone.draft(id)]).toEqual(["Black tea", "Green tea"]);
    const aside = (device: FakeDevice) => device.shared.get(`holdfast.draftsAside.${id}`);
    expect([aside(laptop), aside(phone)]).toEqual(['["Green tea"]', '["Black tea"]']);
  });

  test("an edit of a question is carried like a draft, until it is sent or given up", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    const key = `holdfast.edits.${id}`;
    laptop.begin(id, "Tea");
    await settle(laptop, phone);
    for (const edits of [
      '{"m1":"Green tea"}',
      '{"m1":"Green tea?","settings.instructions":"Brief."}',
      null,
    ]) {
      if (edits === null) laptop.shared.remove(key);
      else laptop.shared.set(key, edits);
      await settle(laptop, phone);
      expect(phone.shared.get(key)).toBe(edits);
    }
  });

  test("edits of one question on two devices are both kept where they were made", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    const key = `holdfast.edits.${id}`;
    laptop.begin(id, "Tea");
    laptop.shared.set(key, '{"m1":"Black tea","m2":"Milk"}');
    phone.shared.set(key, '{"m1":"Green tea"}');
    await settle(laptop, phone);
    expect(laptop.shared.get(key)).toBe('{"m1":"Black tea","m2":"Milk"}');
    expect(JSON.parse(phone.shared.get(key)!)).toEqual({ m1: "Green tea", m2: "Milk" });
  });

  test("the same words typed on both devices stay on both", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    await settle(laptop, phone);
    laptop.type(id, "Hello");
    phone.type(id, "Hello");
    await settle(laptop, phone);
    expect([laptop.draft(id), phone.draft(id)]).toEqual(["Hello", "Hello"]);
  });

  test("a draft that was sent from the other device leaves the one that it came from", async () => {
    const { laptop, phone } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    laptop.type(id, "Hello");
    await settle(laptop, phone);
    phone.type(id, "Hello world");
    await settle(phone, laptop);
    phone.type(id, "");
    await settle(phone, laptop);
    expect([laptop.draft(id), phone.draft(id)]).toEqual(["", ""]);
  });

  test("a browser without anything gets drafts and unsent messages back", async () => {
    const { server, cipher, laptop, now } = await twoDevices();
    const id = laptop.take()!;
    laptop.type(id, "Never sent");
    const message = { id: "m1", text: "Hi", files: [], parentId: null, modelId: null, replyMessageId: "r1" };
    const sending = newId();
    laptop.begin(sending, "Hi");
    laptop.outbox.set(sending, message);
    await laptop.run();
    const restored = createFakeDevice(server, cipher, "restored", now);
    await restored.run();
    expect(restored.draft(id)).toBe("Never sent");
    expect(restored.outbox.get(sending)).toEqual(message);
    expect(restored.ids()).toEqual([sending]);
  });
});

describe("ids for new conversations", () => {
  test("are in the keyring before they are used, and replenished", async () => {
    const { laptop } = await twoDevices();
    for (let used = 0; used < 30; used++) {
      const id = laptop.take();
      expect(JSON.stringify(laptop.synced.document.entries.get("d.laptop"))).toContain(id!);
      laptop.begin(id!, "Used");
      await laptop.run();
    }
    expect(laptop.ids()).toHaveLength(30);
    const { ids } = laptop.synced.document.entries.get("d.laptop")!;
    expect((ids![0] as string).split(" ").length).toBeLessThanOrEqual(8);
  });
});

describe("what the server may do", () => {
  test("an older keyring is noticed, and completed from this browser", async () => {
    const { server, laptop, phone } = await twoDevices();
    const [kept, lost] = [newId(), newId()];
    laptop.begin(kept, "Kept");
    await laptop.run();
    const backup = server.snapshot();
    laptop.begin(lost, "Lost");
    await settle(laptop, phone);
    server.restore(backup);
    laptop.reload();
    await laptop.run();
    expect(laptop.rollbacks.count).toBe(1);
    const after = createFakeDevice(server, cipherOf(newSecret()), "other", () => 1);
    await expect(after.run()).rejects.toEqual(new KeyringError("unreadable"));
    await phone.run();
    expect(phone.rollbacks.count).toBeLessThanOrEqual(1);
    expect(phone.ids()).toEqual([kept, lost].sort());
    expect(server.rev()).toBeGreaterThan(backup.rev);
  });

  test("a change is not appended to what another device has made of the same revision since a restoration", async () => {
    const { server, laptop, phone } = await twoDevices();
    const ids = [newId(), newId(), newId()] as const;
    await settle(laptop, phone);
    const backup = server.snapshot();
    laptop.begin(ids[0], "Lost by the server");
    await laptop.run();
    const { rev } = server.snapshot();
    server.restore(backup);
    phone.begin(ids[1], "Stored under the same revision");
    await phone.run();
    expect(server.rev()).toBe(rev);
    laptop.begin(ids[2], "Appended");
    await settle(laptop, phone);
    expect(laptop.ids()).toEqual([...ids].sort());
    expect(phone.ids()).toEqual([...ids].sort());
  });

  test("a deletion that an older keyring does not know stays one", async () => {
    const { server, cipher, laptop, now } = await twoDevices();
    const id = newId();
    laptop.begin(id, "Tea");
    await laptop.run();
    const backup = server.snapshot();
    laptop.remove(id);
    await settle(laptop);
    const tablet = createFakeDevice(server, cipher, "tablet", now);
    await tablet.run();
    server.restore(backup);
    await tablet.run();
    expect(tablet.rollbacks.count).toBe(1);
    expect(tablet.ids()).toEqual([]);
  });

  test("an answer that was lost is found out before more is sent", async () => {
    const { server, laptop } = await twoDevices();
    await laptop.run();
    laptop.begin(newId(), "Tea");
    laptop.setFate("answer lost");
    await expect(laptop.run({ isToRead: false })).rejects.toThrow("Lost.");
    laptop.setFate("arrives");
    const { writes } = server.stored;
    await laptop.run({ isToRead: false });
    expect(server.stored.writes).toBe(writes);
  });

  test("a keyring that was deleted elsewhere is gone, and an unknown one is not made by joining", async () => {
    const { server, laptop } = await twoDevices();
    server.remove();
    await expect(laptop.run()).rejects.toEqual(new KeyringError("gone"));
    const stranger = createFakeDevice(createFakeServer(), cipherOf(newSecret()), "x", () => 1);
    await expect(stranger.run()).rejects.toEqual(new KeyringError("not_found"));
  });
});

const step = fc.record({
  device: fc.nat(3),
  which: fc.nat(9),
  act: fc.oneof(
    {
      arbitrary: fc.constantFrom("begin", "rename", "pin", "type", "remove", "finish", "prefer", "reload"),
      weight: 5,
    },
    { arbitrary: fc.constant("run"), weight: 4 },
  ),
  fate: fc.oneof(
    { arbitrary: fc.constant<Fate>("arrives"), weight: 3 },
    { arbitrary: fc.constantFrom<Fate[]>("request lost", "answer lost", "repeated"), weight: 2 },
  ),
});

test("up to four browsers over a server that loses and repeats requests converge, and lose nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 4 }),
      fc.array(step, { minLength: 15, maxLength: 35 }),
      async (count, steps) => {
        const server = createFakeServer();
        const cipher = cipherOf(newSecret());
        const time = { now: 1_000_000 };
        const clocks = [0, -5, 400 * 365 * 86_400_000, 3];
        const devices = Array.from({ length: count }, (_, at) =>
          createFakeDevice(server, cipher, `device${String(at)}`, () =>
            Math.max(0, (time.now += 1) + clocks[at]!),
          ),
        );
        for (const device of devices) await device.run({ mayCreate: true });
        const begun = new Set<string>();
        const removed = new Set<string>();
        for (const { device: at, which, act, fate } of steps) {
          const device = devices[at % count]!;
          const id = device.ids()[which % Math.max(1, device.ids().length)];
          device.setFate(fate);
          if (act === "begin") {
            const next = device.take() ?? newId();
            begun.add(next);
            device.begin(next, "New");
          } else if (act === "run") await device.run().catch(() => undefined);
          else if (act === "reload") device.reload();
          else if (act === "finish") device.finish();
          else if (act === "prefer") device.preferences.change({ theme: which % 2 === 0 ? "dark" : "light" });
          else if (id && act === "rename") device.edit([id], { title: `${String(which)} ${String(at)}` });
          else if (id && act === "pin") device.edit([id], { pinned: which % 2 === 0 });
          else if (id && act === "type") device.type(id, which === 0 ? "" : `draft ${String(which)}`);
          else if (id) {
            removed.add(id);
            device.remove(id);
          }
        }
        await settle(...devices);
        const kept = [...begun].filter((id) => !removed.has(id)).sort();
        for (const device of devices) {
          expect(device.ids()).toEqual(kept);
          expect(sorted(device)).toEqual(sorted(devices[0]!));
          expect(device.preferences.getSnapshot()).toEqual(devices[0]!.preferences.getSnapshot());
          expect(device.rollbacks.count).toBe(0);
        }
        for (const id of removed) expect(server.sessions.has(id)).toBe(false);
        const writes = server.stored.writes;
        for (const device of devices) await device.run();
        expect(server.stored.writes).toBe(writes);
      },
    ),
    { numRuns: 25 },
  );
});
