import { expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { checkOperatorCode } from "./check-operator-code";

const CODE = "a long code for one";

function setUp() {
  let wrong = 0;
  const quotas = {
    tryCode() {
      if (wrong >= 3) throw new ExpectedError("too_many_wrong_codes", "Too many.");
      wrong += 1;
      return Promise.resolve(() => void (wrong -= 1));
    },
    wrongCodeRefusal: () => null,
  };
  return (authorization: string | null, operatorCode: string | null = CODE) =>
    checkOperatorCode(
      new Request("http://localhost/api/usage", {
        headers: authorization === null ? {} : { Authorization: authorization },
      }),
      operatorCode,
      { address: "198.51.100.1", quotas },
    );
}

test("the operator's code is a bearer token", async () => {
  const ask = setUp();
  await ask(`Bearer ${CODE}`);
  await ask(`bearer   ${CODE} `);
  await expect(ask(null)).rejects.toMatchObject({ code: "access_code_needed" });
  await expect(ask(`Basic ${CODE}`)).rejects.toMatchObject({ code: "access_code_needed" });
});

test("it may be the password of any user, as a browser sends it", async () => {
  const ask = setUp();
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  await ask(basic(`operator:${CODE}`));
  await ask(basic(`:${CODE}`));
  await expect(ask(basic(CODE))).rejects.toMatchObject({ code: "access_code_needed" });
  await expect(ask(basic(`${CODE}:x`))).rejects.toMatchObject({ code: "access_code_wrong" });
});

test("wrong codes are counted, and after too many the right one is refused too", async () => {
  const ask = setUp();
  for (const wrong of ["x", CODE.slice(1), `${CODE}x`])
    await expect(ask(`Bearer ${wrong}`)).rejects.toMatchObject({ code: "access_code_wrong" });
  await expect(ask(`Bearer ${CODE}`)).rejects.toMatchObject({ code: "too_many_wrong_codes" });
});

test("without an operator's code there is nothing, whatever is sent", async () => {
  const ask = setUp();
  for (const sent of [null, "Bearer x", "Bearer null"])
    await expect(ask(sent, null)).rejects.toMatchObject({ code: "not_found" });
});
