import { expect, test } from "vitest";
import { newId } from "~/conversation/session/session-id";
import { holdSecrets } from "./hold-secrets";

function createRing() {
  const held: string[] = [];
  return {
    held,
    hold(secret: string) {
      held.push(secret);
      return { release: () => void held.splice(held.indexOf(secret), 1) };
    },
  };
}

const [session, share] = [newId(), newId()];
const request = (headers: Record<string, string>) => new Request("http://x", { headers });

test("the encryption keys of a request's secrets are held until it is answered", async () => {
  const { held, hold } = createRing();
  const seen: string[][] = [];
  const handler = holdSecrets(async () => {
    await Promise.resolve();
    seen.push([...held]);
    return new Response();
  }, hold);
  await handler(request({ "X-Session-Id": session, "X-Share-Id": share }));
  await handler(request({ "X-Session-Id": session }));
  await handler(request({}));
  expect(seen).toEqual([[session, share], [session], []]);
  expect(held).toEqual([]);
});

test("the encryption keys of a request's secrets are held until its handler fails, at once or later", async () => {
  const { held, hold } = createRing();
  const failing = holdSecrets(() => Promise.reject(new Error("later")), hold);
  const throwing = holdSecrets(() => {
    throw new Error("now");
  }, hold);
  await expect(failing(request({ "X-Session-Id": session }))).rejects.toThrow("later");
  await expect(throwing(request({ "X-Session-Id": session }))).rejects.toThrow("now");
  expect(held).toEqual([]);
});

test("a header that is not a secret holds no keys", async () => {
  const { held, hold } = createRing();
  const seen: string[][] = [];
  const handler = holdSecrets(() => {
    seen.push([...held]);
    return new Response();
  }, hold);
  await handler(request({ "X-Session-Id": `${session}!`, "X-Share-Id": "../x" }));
  expect(seen).toEqual([[]]);
});
