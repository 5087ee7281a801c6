/** Something that the model was not given as it is in the conversation, and why. */
export type Omission = {
  /** One of `OMISSION_CODES`, or one of a later version. */
  code: string;
  /** The name of a file, where it is about one. */
  subject?: string | undefined;
};

export const OMISSION_CODES = [
  "image_too_large",
  "file_unreadable",
  "file_refused",
  "file_kind",
  "file_too_many",
  "file_lost",
  "text_malformed",
] as const;
export type OmissionCode = (typeof OMISSION_CODES)[number];

/** As many as are kept with an answer, and the length of the name of one, in UTF-16 units. */
export const MAX_OMISSIONS = 50;
export const MAX_OMISSION_SUBJECT_LENGTH = 255;

/** Each once, in their order, and no more than are kept. */
export function omissionsOf(omissions: readonly Omission[]): Omission[] {
  const byKey = new Map(omissions.map((omission) => [JSON.stringify(omission), omission]));
  return [...byKey.values()].slice(0, MAX_OMISSIONS);
}

/** The omissions of a kind together, for one sentence about them. */
export function groupOmissions(omissions: readonly Omission[]): { code: string; subjects: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { code, subject } of omissions) {
    const subjects = groups.get(code) ?? [];
    groups.set(code, subject === undefined ? subjects : [...subjects, subject]);
  }
  return [...groups].map(([code, subjects]) => ({ code, subjects }));
}
