import { useTranslation } from "react-i18next";
import {
  groupOmissions,
  OMISSION_CODES,
  type Omission,
  type OmissionCode,
} from "~/conversation/reply/omissions";

/** The parts of the conversation that the model was not given: a sentence for each reason, with file names. */
export function OmissionNotes({ omissions }: { omissions: readonly Omission[] }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.ListFormat(i18n.language);
  return groupOmissions(omissions).map(({ code, subjects }) => (
    <p key={code} className="message__note">
      {isKnown(code)
        ? t(`omission.${code}`, {
            subjects: names.format(subjects.map((name) => t("omission.subject", { name }))),
          })
        : t("omission.unknown")}
    </p>
  ));
}

/** A later version may have stored other reasons. */
function isKnown(code: string): code is OmissionCode {
  return (OMISSION_CODES as readonly string[]).includes(code);
}
