/** Content of the session that a request to the model omitted or replaced, and why. */
export type Omission = {
  /** One of `OMISSION_CODES`, or a code of a later version. */
  code: string;
  /** Name of the file, or of the server of tools. */
  subject?: string | undefined;
};

export const OMISSION_CODES = [
  "image_too_large",
  "file_unreadable",
  "file_refused",
  "file_kind",
  "file_too_many",
  "file_lost",
  "file_shortened",
  "text_malformed",
  "tools_away",
  "tools_refused",
] as const;
export type OmissionCode = (typeof OMISSION_CODES)[number];

/** Omissions that are stored with an answer, and the length of a subject in UTF-16 units. */
export const MAX_OMISSIONS = 50;
export const MAX_OMISSION_SUBJECT_LENGTH = 255;

/** Removes repetitions, and bounds the number. */
export function omissionsOf(omissions: readonly Omission[]): Omission[] {
  const byKey = new Map(omissions.map((omission) => [JSON.stringify(omission), omission]));
  return [...byKey.values()].slice(0, MAX_OMISSIONS);
}

/** Groups omissions by code, for one sentence about each group. */
export function groupOmissions(omissions: readonly Omission[]): { code: string; subjects: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { code, subject } of omissions) {
    const subjects = groups.get(code) ?? [];
    groups.set(code, subject === undefined ? subjects : [...subjects, subject]);
  }
  return [...groups].map(([code, subjects]) => ({ code, subjects }));
}
