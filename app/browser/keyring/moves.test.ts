import fc from "fast-check";
import { expect, test } from "vitest";
import { perRun } from "../../../tests/fixtures/variants";
import { newId } from "~/conversation/session/session-id";
import { ApiError } from "~/browser/chat/api-error";
import { entryKey } from "~/browser/conversations/conversation-list";
import { carryOver } from "./document/carry-over";
import { createFakeDevice, createFakeServer, type FakeDevice, type Fate } from "./fake-keyring";
import { createMoves } from "./moves";
import { cipherOf, newSecret } from "./sealing/secret";

const MESSAGE = { id: "m1", text: "Hi", files: [], parentId: null, modelId: null, replyMessageId: "r1" };

/** Devices with one keyring, and what the server has of each session. */
function createWorld() {
  const server = createFakeServer();
  const cipher = cipherOf(newSecret());
  const contents = new Map<string, string[]>();
  const time = { now: Date.UTC(2026, 10, 29) };
  const now = () => (time.now += 1);
  const moved: [from: string, to: string][] = [];

  /** As `use-cases/move-session.ts` does, in one step. */
  function moveOnServer(from: string, to: string) {
    moved.push([from, to]);
    const source = contents.get(from);
    if (!source && !contents.has(to)) throw new ApiError("session_not_found", "", 404);
    contents.set(to, [...new Set([...(contents.get(to) ?? []), ...(source ?? [])])]);
    contents.delete(from);
  }

  async function open(name: string) {
    const device = createFakeDevice(server, cipher, name, now);
    await device.run({ mayCreate: true });
    const retries: (() => void)[] = [];
    const request = { fate: "arrives" as Fate, isBusy: false };
    const newMoves = () =>
      createMoves({
        ...{ entries: device.store, newId, random: () => 0.5 },
        async moveSession(from, { to }) {
          await Promise.resolve();
          const lost = new ApiError("unreachable", "Lost.", 0);
          if (request.fate === "request lost") throw lost;
          moveOnServer(from, to);
          if (request.fate === "repeated") moveOnServer(from, to);
          if (request.fate === "answer lost") throw lost;
        },
        attachmentsOf: () => [],
        isBusy: () => request.isBusy,
        onMoved: () => carryOver(device.sources),
        onProgress: () => undefined,
        clock: { now, after: (_, act) => (retries.push(act), () => undefined) },
      });
    let moves = newMoves();
    return {
      ...{ device, request, retries },
      plan: () => moves.plan(),
      left: () => moves.left(),
      run: () => moves.run(device.synced.document),
      /** What is in memory is gone. */
      reload() {
        device.reload();
        moves = newMoves();
      },
      begin(title: string) {
        const id = newId();
        contents.set(id, [title]);
        device.begin(id, title);
        return id;
      },
    };
  }
  return { open, contents, moved };
}

const titles = ({ index }: FakeDevice) =>
  index
    .all()
    .map(({ title }) => title)
    .sort();

test("conversations are moved only once the keyring has their new ids, with all that the browser keeps of them", async () => {
  const { open, contents, moved } = createWorld();
  const laptop = await open("laptop");
  const { device } = laptop;
  const [tea, coffee] = [laptop.begin("Tea"), laptop.begin("Coffee")] as const;
  device.edit([tea], { pinned: true });
  device.type(tea, "Not sent");
  device.shared.set(`holdfast.draftsAside.${tea}`, '["Aside"]');
  device.shared.set(`holdfast.edits.${tea}`, '{"m1":"Edited"}');
  device.outbox.set(coffee, MESSAGE);
  const { name } = device.index.find(tea)!;
  await device.run();

  laptop.plan();
  await laptop.run();
  expect(moved).toEqual([]);
  await device.run();
  await laptop.run();
  expect(laptop.left()).toBe(0);
  expect(titles(device)).toEqual(["Coffee", "Tea"]);
  const now = device.index.all().find(({ title }) => title === "Tea")!;
  expect(now).toMatchObject({ pinned: true, name, saved: true });
  expect([tea, coffee]).not.toContain(now.id);
  expect([...contents.keys()].sort()).toEqual(device.ids());
  expect(device.draft(now.id)).toBe("Not sent");
  expect(device.shared.get(`holdfast.draftsAside.${now.id}`)).toBe('["Aside"]');
  expect(device.shared.get(`holdfast.edits.${now.id}`)).toBe('{"m1":"Edited"}');
  expect(device.shared.keys().filter((key) => key.endsWith(tea) && device.shared.get(key) !== "")).toEqual(
    [],
  );
  const [sent] = device.outbox;
  expect(sent).toEqual([device.ids().find((id) => id !== now.id), MESSAGE]);
});

test("a device that was away follows with its draft and its edits, and so does one without anything", async () => {
  const { open } = createWorld();
  const [laptop, phone] = [await open("laptop"), await open("phone")];
  const tea = laptop.begin("Tea");
  await laptop.device.run();
  await phone.device.run();
  phone.device.type(tea, "From the phone");
  await phone.device.run();
  phone.device.edit([tea], { pinned: true });

  laptop.plan();
  await laptop.device.run();
  await laptop.run();
  await laptop.device.run();
  const tablet = await open("tablet");
  const [now] = tablet.device.ids();
  expect(now).not.toBe(tea);
  expect(tablet.device.draft(now!)).toBe("From the phone");
  await phone.device.run();
  await laptop.device.run();
  for (const { device } of [laptop, phone]) {
    expect(device.ids()).toEqual([now]);
    expect(device.draft(now!)).toBe("From the phone");
    expect(device.index.find(now!)!.pinned).toBe(true);
  }
});

test("a second lost device is answered by a second move, also where the first is not finished", async () => {
  const { open, contents } = createWorld();
  const laptop = await open("laptop");
  const tea = laptop.begin("Tea");
  laptop.plan();
  await laptop.device.run();
  laptop.request.fate = "answer lost";
  await laptop.run();
  const [first] = [...contents.keys()];
  laptop.request.fate = "arrives";
  laptop.plan();
  for (let round = 0; round < 3; round++) {
    await laptop.device.run();
    await laptop.run();
  }
  const [now] = laptop.device.ids();
  expect(laptop.device.ids()).toHaveLength(1);
  expect([tea, first]).not.toContain(now);
  expect([...contents]).toEqual([[now, ["Tea"]]]);
  const entry = laptop.device.store.get(entryKey(now!))!;
  expect(entry.from![0]).toBe(`${entryKey(first!)} ${entryKey(tea)}`);
});

test("a conversation that is busy is moved later, and one that is gone on the server stays in the list", async () => {
  const { open, contents } = createWorld();
  const laptop = await open("laptop");
  const [tea, coffee] = [laptop.begin("Tea"), laptop.begin("Coffee")] as const;
  contents.delete(coffee);
  laptop.plan();
  await laptop.device.run();
  laptop.request.isBusy = true;
  await laptop.run();
  expect(laptop.left()).toBe(2);
  expect(laptop.retries).toHaveLength(1);
  laptop.request.isBusy = false;
  await laptop.run();
  expect(laptop.left()).toBe(0);
  expect(laptop.device.ids()).toContain(coffee);
  expect(laptop.device.ids()).not.toContain(tea);
});

const step = fc.record({
  device: fc.nat(2),
  act: fc.constantFrom("sync", "sync", "move", "move", "reload", "rename", "type"),
  which: fc.nat(3),
  fate: fc.constantFrom<Fate[]>("arrives", "arrives", "request lost", "answer lost", "repeated"),
});

test("whatever is lost, repeated or interrupted on three devices, each conversation is moved and none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { open, contents } = createWorld();
      const devices = [await open("one"), await open("two"), await open("three")];
      const [planner] = devices as [(typeof devices)[0]];
      const before = ["Tea", "Coffee", "Milk"].map((title) => planner.begin(title));
      await planner.device.run();
      planner.plan();
      await planner.device.run();
      for (const { device: at, act, which, fate } of steps) {
        const each = devices[at]!;
        each.device.setFate(fate);
        each.request.fate = fate;
        const id = each.device.ids()[which];
        if (act === "sync") await each.device.run().catch(() => undefined);
        else if (act === "move") await each.run();
        else if (act === "reload") each.reload();
        else if (id && act === "rename") each.device.edit([id], { folder: `f${String(which)}` });
        else if (id) each.device.type(id, `draft of ${String(at)}`);
      }
      for (let round = 0; round < 4; round++) {
        for (const each of devices) {
          each.device.setFate("arrives");
          each.request.fate = "arrives";
          await each.device.run();
          await each.run();
        }
      }
      const listed = planner.device.ids();
      expect(listed).toHaveLength(3);
      for (const id of before) expect(listed).not.toContain(id);
      expect([...contents.keys()].sort()).toEqual(listed);
      expect([...contents.values()].flat().sort()).toEqual(["Coffee", "Milk", "Tea"]);
      for (const { device } of devices) {
        expect(device.ids()).toEqual(listed);
        for (const id of before) expect(device.draft(id)).toBe("");
      }
    }),
    { numRuns: perRun({ short: 25, long: 60 }) },
  );
});
