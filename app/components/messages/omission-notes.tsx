import { useTranslation } from "react-i18next";
import { groupOmissions, OMISSION_CODES, type Omission, type OmissionCode } from "~/conversation/omissions";

/** What the model was not given as it is in the conversation: a sentence for each reason, with the files' names. */
export function OmissionNotes({ omissions }: { omissions: readonly Omission[] }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.ListFormat(i18n.language);
  return groupOmissions(omissions).map(({ code, subjects }) => (
    <p key={code} className="message__note">
      {isKnown(code)
        ? t(`omission.${code}`, { subjects: names.format(subjects.map((name) => `“${name}”`)) })
        : t("omission.unknown")}
    </p>
  ));
}

/** A later version has reasons of its own. */
function isKnown(code: string): code is OmissionCode {
  return (OMISSION_CODES as readonly string[]).includes(code);
}
