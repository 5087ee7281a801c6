import { describe, expect, test } from "vitest";
import { NO_QUOTA_LIMITS } from "../../tests/fixtures/no-limits";
import { createDailyBudget } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import { createQuotas, type ReplyReservation, type QuotaLimits, type ReserveBytes } from "./quotas";
import { createTally } from "./tally";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./windows";

const costs = (input: number, most = input) => ({
  input: { tokens: input, dollars: input / 1e6 },
  most: { tokens: most, dollars: most / 1e6 },
});

function setUp(limits: Partial<QuotaLimits>) {
  // Eleven seconds into a minute, at 12:00 UTC.
  let at = Date.UTC(2026, 10, 23, 12, 0, 11);
  let active = 0;
  const clock = () => at;
  const tally = createTally({ clock });
  const held = new Map<string, number>();
  const logged: string[] = [];
  const counted = { dollars: 0, refusals: 0 };
  const owners = new Map<string, string>();
  const usage: FleetUsage = {
    own(replyId, address) {
      owners.set(replyId, address);
      return () => undefined;
    },
    ownerOf: (replyId) => owners.get(replyId) ?? null,
    fresh: () => Promise.resolve(),
    count: (counted, subject, amount) => tally.add(tally.keyFor(counted, subject), amount, at),
    sum: (counted, subject, windowMs) => tally.sum(tally.keyFor(counted, subject), windowMs),
    hold: (subject, change) => void held.set(subject, (held.get(subject) ?? 0) + change),
    held: (subject) => held.get(subject) ?? 0,
    flush: () => Promise.resolve(),
  };
  const all = { ...NO_QUOTA_LIMITS, ...limits };
  const log = { warn: (_: object, message: string) => logged.push(message) };
  const budget = createDailyBudget({
    limits: all.daily,
    addressPercent: all.addressBudgetPercent,
    usage,
    clock,
    log,
    metrics: {
      onSpending: (dollars) => (counted.dollars += dollars),
      onBudgetRefusal: () => (counted.refusals += 1),
    },
  });
  const quotas = createQuotas({ limits: all, usage, budget, activeReplies: () => active, clock });
  async function send(
    session = "s1".repeat(32),
    address: string | null = "198.51.100.1",
    isNewSession = false,
    cost = costs(0),
    bytes = 0,
  ) {
    const reservation = await quotas.reserveReply({ session, address });
    reservation.acquire({ isNewSession, bytes, cost: () => cost });
    return reservation;
  }
  return {
    quotas,
    budget,
    usage,
    logged,
    counted,
    send,
    /** Begins a reply with this cost for an address. */
    ask: (address: string | null, input: number, most = input) =>
      send("s1".repeat(32), address, false, costs(input, most)),
    /** Records the cost since the last call. */
    pay(reservation: ReplyReservation, tokens: number) {
      const spending = { tokens, dollars: tokens / 1e6 };
      budget.spend(spending);
      reservation.record(spending);
    },
    async sendAndEnd(...who: Parameters<typeof send>) {
      (await send(...who)).release();
    },
    pass: (ms: number) => (at += ms),
    run: (count: number) => (active = count),
  };
}

const nothing = async () => {};

const refused = (code: string, retryAfterSeconds: number) => ({ code, details: { retryAfterSeconds } });

describe("messages", () => {
  test("are limited for a session by minute and by day, with the time until the next is allowed", async () => {
    const { sendAndEnd, pass } = setUp({ sessionMessagesPerMinute: 2, sessionMessagesPerDay: 3 });
    await sendAndEnd();
    await sendAndEnd();
    await expect(sendAndEnd()).rejects.toMatchObject(refused("too_many_messages", 49));
    await sendAndEnd("another".padEnd(64, "0"));
    pass(MINUTE_MS);
    await sendAndEnd();
    await expect(sendAndEnd()).rejects.toMatchObject(refused("daily_messages_spent", 12 * 3600 - 71));
    pass(DAY_MS);
    await sendAndEnd();
  });

  test("are limited for an address across sessions, but not for this machine itself", async () => {
    const { sendAndEnd } = setUp({ addressMessagesPerMinute: 2 });
    await sendAndEnd("a".repeat(64));
    await sendAndEnd("b".repeat(64));
    await expect(sendAndEnd("c".repeat(64))).rejects.toMatchObject(refused("too_many_messages", 49));
    await sendAndEnd("c".repeat(64), "198.51.100.2");
    for (let n = 0; n < 5; n++) await sendAndEnd("d".repeat(64), null);
  });

  test("that are refused, or that began no reply, count nothing", async () => {
    const { send, sendAndEnd } = setUp({ addressMessagesPerDay: 2, addressReplies: 1 });
    const first = await send();
    await expect(send()).rejects.toMatchObject(refused("too_many_replies", 10));
    first.rollback();
    first.release();
    await sendAndEnd();
    await sendAndEnd();
    await expect(send()).rejects.toMatchObject({ code: "daily_messages_spent" });
  });

  test("count once, however often the commit is retried", async () => {
    const { quotas, sendAndEnd } = setUp({ sessionMessagesPerDay: 2 });
    const reservation = await quotas.reserveReply({ session: "s1".repeat(32), address: null });
    const start = { isNewSession: false, bytes: 0, cost: () => costs(0) };
    for (let attempt = 0; attempt < 3; attempt++) reservation.acquire(start);
    reservation.release();
    await sendAndEnd();
    await expect(sendAndEnd()).rejects.toMatchObject({ code: "daily_messages_spent" });
  });
});

test("new sessions of an address are limited by day, however they begin", async () => {
  const { quotas, sendAndEnd } = setUp({ addressSessionsPerDay: 2 });
  await sendAndEnd("a".repeat(64), "198.51.100.1", true);
  await quotas.beginSession("198.51.100.1", "fork", nothing);
  await expect(quotas.beginSession("198.51.100.1", "fork", nothing)).rejects.toMatchObject({
    code: "too_many_sessions",
  });
  await expect(sendAndEnd("b".repeat(64), "198.51.100.1", true)).rejects.toMatchObject({
    code: "too_many_sessions",
  });
  await sendAndEnd("a".repeat(64));
});

describe("writes to keyrings", () => {
  const HERE = "198.51.100.1";
  const made = () => true;

  test("that begin one are limited for an address by day, and all of them as changes by minute", async () => {
    const { quotas } = setUp({ addressKeyringsPerDay: 2, addressChangesPerMinute: 4 });
    await quotas.writeKeyring(HERE, true, nothing, made);
    await quotas.writeKeyring(HERE, true, nothing, made);
    await expect(quotas.writeKeyring(HERE, true, nothing, made)).rejects.toMatchObject({
      code: "too_many_keyrings",
    });
    await quotas.writeKeyring("198.51.100.2", true, nothing, made);
    await quotas.writeKeyring(HERE, false, nothing, made);
    await expect(quotas.writeKeyring(HERE, false, nothing, made)).rejects.toMatchObject({
      code: "too_many_changes",
    });
  });

  test("for which another device was first, or which failed, count as nothing", async () => {
    const { quotas } = setUp({
      addressKeyringsPerDay: 1,
      addressChangesPerMinute: 1,
      addressBytesPerDay: 10,
    });
    const tenBytes = (reserve: ReserveBytes) => Promise.resolve(reserve(10));
    for (let attempt = 0; attempt < 3; attempt++) {
      await quotas.writeKeyring(HERE, true, tenBytes, () => false);
      const failing = () => Promise.reject(new Error("the volume failed"));
      await expect(quotas.writeKeyring(HERE, true, failing, made)).rejects.toThrow("the volume failed");
    }
    await quotas.writeKeyring(HERE, true, tenBytes, made);
    await expect(quotas.writeKeyring(HERE, true, tenBytes, made)).rejects.toMatchObject({
      code: "daily_bytes_spent",
    });
  });
});

describe("changes that are not messages", () => {
  const HERE = "198.51.100.1";

  test("are limited for an address by minute", async () => {
    const { quotas, pass } = setUp({ addressChangesPerMinute: 2 });
    await quotas.change(HERE, nothing);
    await quotas.change(HERE, nothing);
    await expect(quotas.change(HERE, nothing)).rejects.toMatchObject(refused("too_many_changes", 49));
    await quotas.change("198.51.100.2", nothing);
    await quotas.change(null, nothing);
    pass(49_000);
    await quotas.change(HERE, nothing);
  });

  const write = (bytes: number) => async (reserve: ReserveBytes) => reserve(bytes);

  test("are limited by day by the bytes that they write, to the last byte", async () => {
    const { quotas, pass } = setUp({ addressBytesPerDay: 1_000 });
    await quotas.change(HERE, write(600));
    await expect(quotas.change(HERE, write(401))).rejects.toMatchObject({ code: "daily_bytes_spent" });
    await quotas.beginSession(HERE, "import", write(400));
    await expect(quotas.change(HERE, nothing)).rejects.toMatchObject(
      refused("daily_bytes_spent", 12 * 3600 - 11),
    );
    await quotas.change("198.51.100.2", write(1_000));
    await quotas.change(null, write(2_000));
    pass(DAY_MS);
    await quotas.change(HERE, write(1_000));
  });

  test("reserve their bytes before they write, so that concurrent ones store no more than fits", async () => {
    const { quotas } = setUp({ addressBytesPerDay: 1_000 });
    const written = Promise.withResolvers<void>();
    const changes = Array.from({ length: 24 }, () =>
      quotas.change(HERE, async (reserve) => {
        reserve(300);
        await written.promise;
      }),
    );
    written.resolve();
    const outcomes = await Promise.allSettled(changes);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  });

  test("that fail, or write less than they reserved, release the rest", async () => {
    const { quotas } = setUp({ addressBytesPerDay: 1_000 });
    const failing = quotas.change(HERE, async (reserve) => {
      reserve(1_000);
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    await quotas.change(HERE, async (reserve) => {
      reserve(1_000);
      reserve(400);
      expect(() => reserve(1_001)).toThrow("storage limit for today");
    });
    await quotas.change(HERE, write(600));
  });

  test("share the bytes of a day with messages, which release them where no reply begins", async () => {
    const { quotas, send } = setUp({ addressBytesPerDay: 1_000 });
    const say = (bytes: number) => send("s1".repeat(32), HERE, false, costs(0), bytes);
    (await say(1_000)).rollback();
    await say(700);
    await expect(say(301)).rejects.toMatchObject({ code: "daily_bytes_spent" });
    await expect(quotas.change(HERE, write(301))).rejects.toMatchObject({ code: "daily_bytes_spent" });
    await quotas.change(HERE, write(300));
    await expect(say(1)).rejects.toMatchObject({ code: "daily_bytes_spent" });
    await send("s1".repeat(32), "198.51.100.2", false, costs(0), 1_000);
  });
});

test("running replies are limited for the node, for all addresses together, until they end", async () => {
  const { send, run } = setUp({ nodeReplies: 2 });
  const first = await send();
  await send();
  await expect(send()).rejects.toMatchObject(refused("node_full", 5));
  first.release();
  await send();
  first.release();
  await expect(send()).rejects.toMatchObject({ code: "node_full" });
  const taken = setUp({ nodeReplies: 2 });
  taken.run(2);
  await expect(taken.send()).rejects.toMatchObject({ code: "node_full" });
  void run;
});

test("wrong codes of an address are limited for the rest of the hour", async () => {
  const { quotas, pass } = setUp({ wrongCodesPerHour: 2 });
  for (let n = 0; n < 2; n++) await quotas.tryCode("local");
  await expect(quotas.tryCode("local")).rejects.toMatchObject(refused("too_many_wrong_codes", 3600 - 11));
  await quotas.tryCode("198.51.100.1");
  pass(HOUR_MS);
  await quotas.tryCode("local");
});

test("wrong codes are limited for the networks that one customer may control", async () => {
  const { quotas } = setUp({ wrongCodesPerHour: 2 });
  const tries = async (addresses: string[]) => {
    const settled = [];
    for (const address of addresses) settled.push(...(await Promise.allSettled([quotas.tryCode(address)])));
    return settled.filter(({ status }) => status === "fulfilled").length;
  };
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  // A /56 has 256 networks of /64, a /48 has 256 of /56, a /24 has 256 addresses.
  expect(await tries(numbers.map((n) => `2001:db8:1:${(0xab00 + n).toString(16)}::/64`))).toBe(6);
  expect(await tries(numbers.map((n) => `2001:db8:2:${(n << 8).toString(16)}::/64`))).toBe(20);
  expect(await tries(numbers.map((n) => `198.51.100.${n}`))).toBe(20);
  expect(await tries(["2001:db8:3:1::/64", "198.51.101.1"])).toBe(2);
});

test("codes that are guessed from many addresses are limited further, and a right one is accepted all the same", async () => {
  const { quotas, pass } = setUp({ wrongCodesPerHour: 4 });
  const guess = (n: number) => quotas.tryCode(`203.${n >> 8}.${n & 255}.1`);
  for (let n = 0; n < 200; n++) await guess(n);
  expect(quotas.wrongCodeRefusal()).toBeNull();
  await guess(200);
  expect(quotas.wrongCodeRefusal()).toMatchObject(refused("too_many_wrong_codes", 60));
  // Another person mistypes the code, then enters the right one: each try is checked.
  for (let n = 0; n < 2; n++) await quotas.tryCode("198.51.100.1");
  (await quotas.tryCode("198.51.100.1"))();
  await quotas.tryCode("198.51.100.1");
  await expect(quotas.tryCode("198.51.100.1")).rejects.toMatchObject({ code: "too_many_wrong_codes" });
  pass(HOUR_MS);
  expect(quotas.wrongCodeRefusal()).toBeNull();
});

test("a right code costs no try, and concurrent tries are counted one by one", async () => {
  const { quotas } = setUp({ wrongCodesPerHour: 5 });
  for (let n = 0; n < 20; n++) (await quotas.tryCode("local"))();
  const tries = await Promise.allSettled(Array.from({ length: 50 }, () => quotas.tryCode("local")));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
});

describe("the daily budget", () => {
  test("in tokens warns the operator once at 80 % and once at 100 %, and then refuses new replies", async () => {
    const { send, budget, logged, pass } = setUp({ daily: { tokens: 1_000, dollars: 0 } });
    budget.spend({ tokens: 799, dollars: 99 });
    expect(logged).toEqual([]);
    budget.spend({ tokens: 1, dollars: 0 });
    budget.spend({ tokens: 1, dollars: 0 });
    expect(logged).toEqual(["80 % of today's budget in tokens is spent"]);
    (await send()).release();
    budget.spend({ tokens: 199, dollars: 0 });
    await expect(send()).rejects.toMatchObject(refused("budget_spent", 12 * 3600 - 11));
    expect(logged).toHaveLength(2);
    pass(DAY_MS);
    (await send()).release();
  });

  test("in dollars counts tokens that cost a few millionths", async () => {
    const { send, budget } = setUp({ daily: { tokens: 0, dollars: 0.01 } });
    for (let n = 0; n < 999; n++) budget.spend({ tokens: 1, dollars: 0.00001 });
    (await send()).release();
    budget.spend({ tokens: 1, dollars: 0.00001 });
    await expect(send()).rejects.toMatchObject({ code: "budget_spent" });
  });

  test("is reported to the metrics, as a part of the kind of which most is spent", async () => {
    const { send, budget, counted, pass } = setUp({ daily: { tokens: 1_000, dollars: 10 } });
    expect(budget.spentPart()).toBe(0);
    budget.spend({ tokens: 250, dollars: 1 });
    expect(budget.spentPart()).toBe(0.25);
    budget.spend({ tokens: 0, dollars: 9 });
    expect(budget.spentPart()).toBe(1);
    await expect(send()).rejects.toMatchObject({ code: "budget_spent" });
    expect(counted).toEqual({ dollars: 10, refusals: 1 });
    pass(DAY_MS);
    expect(budget.spentPart()).toBe(0);
    expect(setUp({}).budget.spentPart()).toBeNull();
  });
});

describe.each([
  { unit: "tokens", daily: { tokens: 1_000, dollars: 0 } },
  { unit: "dollars", daily: { tokens: 0, dollars: 0.001 } },
])("of the budget of a day in $unit", ({ daily }) => {
  const HERE = "198.51.100.1";
  const THERE = "198.51.100.2";

  test("reserves the highest cost of a reply until its cost is recorded", async () => {
    const { ask, pay } = setUp({ daily });
    const first = await ask(HERE, 100, 600);
    await expect(ask(THERE, 100, 401)).rejects.toMatchObject(refused("node_full", 10));
    const second = await ask(THERE, 100, 400);
    pay(first, 100);
    await expect(ask(null, 0, 1)).rejects.toMatchObject({ code: "node_full" });
    pay(first, -40);
    first.release();
    (await ask(THERE, 1, 540)).rollback();
    await expect(ask(THERE, 1, 541)).rejects.toMatchObject({ code: "node_full" });
    second.release();
    second.release();
    await ask(THERE, 1, 940);
    await expect(ask(THERE, 1)).rejects.toMatchObject({ code: "node_full" });
  });

  test("is reserved again for each further request of a reply, and refuses one when it is spent", async () => {
    const { send, budget, usage } = setUp({ daily: { tokens: 1_000, dollars: 0 }, addressBudgetPercent: 0 });
    const reservation = await send(undefined, undefined, false, costs(100, 300));
    const spend = (tokens: number) => {
      budget.spend({ tokens, dollars: 0 });
      reservation.record({ tokens, dollars: 0 });
    };
    spend(200);
    expect(usage.held("tokens")).toBe(100);
    reservation.renew(() => costs(300, 500));
    expect(usage.held("tokens")).toBe(500);
    spend(850);
    expect(() => reservation.renew(() => costs(400, 600))).toThrow(
      expect.objectContaining({ code: "budget_spent" }),
    );
    expect(usage.held("tokens")).toBe(0);
    reservation.release();
    expect(usage.held("tokens")).toBe(0);
  });

  test("gives its last part to one reply, whatever that may cost", async () => {
    const { ask, pay } = setUp({ daily });
    pay(await ask(HERE, 999), 999);
    const last = await ask(HERE, 500, 2_000);
    await expect(ask(HERE, 1)).rejects.toMatchObject({ code: "node_full" });
    pay(last, 2_000);
    last.release();
    await expect(ask(HERE, 1)).rejects.toMatchObject({ code: "budget_spent" });
  });

  test("limits an address to its share, except for the rest of one answer", async () => {
    const { ask, pay, pass } = setUp({ daily, addressBudgetPercent: 30 });
    await expect(ask(HERE, 301)).rejects.toMatchObject(refused("address_budget_spent", 12 * 3600 - 11));
    const first = await ask(HERE, 100, 250);
    await expect(ask(HERE, 10, 51)).rejects.toMatchObject(refused("too_many_replies", 10));
    pay(first, 250);
    first.release();
    const last = await ask(HERE, 50, 100);
    await expect(ask(HERE, 1)).rejects.toMatchObject({ code: "too_many_replies" });
    pay(last, 100);
    last.release();
    // Its title.
    pay(last, 20);
    await expect(ask(HERE, 0)).rejects.toMatchObject({ code: "address_budget_spent" });
    (await ask(THERE, 300)).release();
    (await ask(null, 630)).release();
    pass(DAY_MS);
    (await ask(HERE, 300)).release();
  });

  test("can be spent by one address where its share is not limited", async () => {
    for (const addressBudgetPercent of [0, 100]) {
      const { ask } = setUp({ daily, addressBudgetPercent });
      await ask(HERE, 400);
      await ask(HERE, 600);
    }
  });
});

test("without limits no request is refused", async () => {
  const { send, quotas, budget } = setUp({});
  budget.spend({ tokens: 1e12, dollars: 1e6 });
  for (let n = 0; n < 100; n++) await send("a".repeat(64), "198.51.100.1", true);
  await quotas.beginSession("198.51.100.1", "fork", nothing);
  await quotas.tryCode("local");
});

describe("a reply that is taken over from another node", () => {
  const limits = { daily: { tokens: 1_000, dollars: 0 }, addressBudgetPercent: 50, addressReplies: 1 };

  async function begun(address: string | null = "198.51.100.1") {
    const { quotas, ...rest } = setUp(limits);
    const reservation = await quotas.reserveReply({ session: "s1".repeat(32), address });
    reservation.acquire({ isNewSession: false, cost: () => costs(100, 300), replyId: "r1" });
    const held = () => rest.usage.held("tokens");
    return { quotas, reservation, held, ...rest };
  }

  test("reserves its highest cost, and counts for the address that it was begun for", async () => {
    const { quotas, reservation, held, pay, send } = await begun();
    pay(reservation, 100);
    reservation.release();
    expect(held()).toBe(0);
    const adopted = await quotas.adopt("r1");
    adopted.acquire({ isNewSession: false, cost: () => costs(150, 350), replyId: "r1" });
    expect(held()).toBe(350);
    await expect(send()).rejects.toMatchObject({ code: "too_many_replies" });
    pay(adopted, 400);
    adopted.release();
    await expect(send(undefined, undefined, false, costs(1))).rejects.toMatchObject({
      code: "address_budget_spent",
    });
    await expect(send(undefined, "198.51.100.2", false, costs(1))).resolves.toBeDefined();
  });

  test("is refused where the budget is spent, and does not wait for reservations of others", async () => {
    const { quotas, reservation, pay, ask } = await begun();
    reservation.release();
    const other = await ask("198.51.100.2", 10, 490);
    const third = await ask("198.51.100.3", 10, 490);
    const adopted = await quotas.adopt("r1");
    adopted.acquire({ isNewSession: false, cost: () => costs(150, 350), replyId: "r1" });
    adopted.release();
    pay(other, 500);
    pay(third, 500);
    const late = await quotas.adopt("r1");
    expect(() => late.acquire({ isNewSession: false, cost: () => costs(1), replyId: "r1" })).toThrow(
      expect.objectContaining({ code: "budget_spent" }),
    );
  });

  test("counts for the whole budget only where its address is not known", async () => {
    const { quotas, held } = await begun(null);
    const adopted = await quotas.adopt("r1");
    adopted.acquire({ isNewSession: false, cost: () => costs(150, 200), replyId: "r1" });
    expect(held()).toBe(500);
  });
});
