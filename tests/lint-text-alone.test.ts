import { Linter } from "eslint";
import ts from "typescript";
import tseslint from "typescript-eslint";
import { expect, test } from "vitest";
import { textAlone } from "./lint-text-alone.js";

const file = new URL("text-alone-case.tsx", import.meta.url).pathname;
const options: ts.CompilerOptions = { jsx: ts.JsxEmit.ReactJSX, strict: true, types: [], noEmit: true };
/** What all cases import, parsed once: React's types and the language's. */
const host = ts.createCompilerHost(options);
const { getSourceFile } = host;
const sources = new Map<string, ts.SourceFile | undefined>();

/** How many texts in this JSX could be taken away from React. */
function faultsIn(jsx: string): number {
  const code = `import type { ReactNode } from "react";
declare const isOn: boolean, count: number, word: string, words: string[], node: ReactNode;
export const drawn = ${jsx};`;
  host.getSourceFile = (name, languageOptions) => {
    if (name === file) return ts.createSourceFile(name, code, languageOptions, true);
    if (!sources.has(name)) sources.set(name, getSourceFile.call(host, name, languageOptions));
    return sources.get(name);
  };
  const programs = [ts.createProgram([file], options, host)];
  const messages = new Linter({ cwd: "/" }).verify(
    code,
    {
      files: ["**/*.tsx"],
      languageOptions: { parser: tseslint.parser as Linter.Parser, parserOptions: { programs } },
      plugins: { holdfast: { rules: { "text-alone": textAlone } } },
      rules: { "holdfast/text-alone": "error" },
    },
    file,
  );
  expect(messages.filter(({ ruleId }) => ruleId !== "holdfast/text-alone")).toEqual([]);
  return messages.length;
}

test.each([
  "<p>Words <b>bold</b></p>",
  "<p>{word}<b /></p>",
  "<p><b /> {isOn && word}</p>",
  "<p>{isOn ? word : <b />}<i /></p>",
  "<p>{count}{isOn && <b />}</p>",
  "<p>{words}</p>",
  "<>{word}</>",
  "<p>{`${word}`}{node}</p>",
])("the lint rule finds text beside other nodes in %s", (jsx) => {
  expect(faultsIn(jsx)).toBeGreaterThan(0);
});

test.each([
  "<p>Words</p>",
  "<p>{isOn && word}</p>",
  "<p><span>{word}</span>{isOn && <b />}</p>",
  "<p>{/* a comment */}{word}</p>",
  "<p>{node}<b /></p>",
  "<p>{words.map((each) => <b key={each}>{each}</b>)}<i /></p>",
])("the lint rule takes no offence at %s", (jsx) => {
  expect(faultsIn(jsx)).toBe(0);
});
