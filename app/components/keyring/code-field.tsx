import { useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { isComposing } from "~/components/primitives/is-composing";

type Props = {
  value: string;
  /** Whether it has the focus when it appears: not beside a shorter way, where a phone would cover that with its keys. */
  takesFocus: boolean;
  onChange: (value: string) => void;
};

/** A field for a recovery code. The browser neither corrects nor remembers what is typed. */
export function CodeField({ value, takesFocus, onChange }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (takesFocus) field.current?.focus();
  }, [takesFocus]);
  return (
    <div className="settings__field">
      <label htmlFor={id}>{t("keyring.code.label")}</label>
      <textarea
        ref={field}
        id={id}
        className="keyring__typed"
        dir="ltr"
        rows={3}
        value={value}
        autoComplete="off"
        autoCapitalize="characters"
        autoCorrect="off"
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
        onKeyDown={(event) => {
          // A code has one line, however it is drawn.
          if (event.key !== "Enter" || isComposing(event)) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
    </div>
  );
}
