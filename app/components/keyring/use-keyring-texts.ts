import type { i18n } from "i18next";
import { useTranslation } from "react-i18next";
import { enKeyring } from "~/i18n/locales/en-keyring";

/** Adds the English texts of the keyring, in which what another language lacks is shown, too. To be called before them. */
export function addKeyringTexts(instance: i18n): void {
  if (instance.getResource("en", "translation", "keyring") !== undefined) return;
  instance.addResourceBundle("en", "translation", { keyring: enKeyring }, true);
}

/** `useTranslation` for what shows texts of the keyring. */
export function useKeyringTexts(): ReturnType<typeof useTranslation> {
  const translation = useTranslation();
  addKeyringTexts(translation.i18n);
  return translation;
}
