import { type ReactNode, useMemo } from "react";
import { fieldProblem, Problem, sentenceOf } from "../../api/problem";
import { useFormats } from "../../lib/format";
import { useLanguage, useWords } from "../../lib/language";
import { SelectField, TextArea, TextField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { TagInput } from "../../ui/Tag";
import { TimeZoneField } from "../../ui/TimeZoneField";
import { contacts } from "../../words/contacts";
import { CustomFields } from "./CustomFields";
import type { ContactDraft } from "./form";

const LANGUAGES = ["es", "pt", "en", "fr", "de", "it"];

/** A refusal that names no field, though only one can be meant. */
export function isAboutPhone(error: unknown): boolean {
  return error instanceof Problem && error.code === "phone_taken";
}

interface FormProps {
  draft: ContactDraft;
  /** What WhatsApp calls this person. */
  profileName?: string | null;
  error: unknown;
  isShort?: boolean;
  onChange: (next: ContactDraft) => void;
}

export function ContactForm({ draft, profileName, error, isShort, onChange }: FormProps): ReactNode {
  const t = useWords(contacts);
  const language = useLanguage();
  const set = (changes: Partial<ContactDraft>) => onChange({ ...draft, ...changes });
  const languageNames = useMemo(() => new Intl.DisplayNames([language], { type: "language" }), [language]);
  const known = draft.language && !LANGUAGES.includes(draft.language) ? [draft.language, ...LANGUAGES] : LANGUAGES;
  const phoneError = isAboutPhone(error) ? sentenceOf(error) : fieldProblem(error, "phone");

  return (
    <div className="form">
      <div className="form-row">
        <TextField
          label={t("name")}
          hint={profileName ? t("name_hint_whatsapp", { name: profileName }) : undefined}
          autoComplete="off"
          maxLength={200}
          placeholder={profileName ?? ""}
          value={draft.name}
          error={fieldProblem(error, "name")}
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField
          label={t("given_name")}
          hint={t("given_name_hint")}
          autoComplete="off"
          maxLength={200}
          value={draft.given_name}
          error={fieldProblem(error, "given_name")}
          onChange={(event) => set({ given_name: event.target.value })}
        />
      </div>
      <div className="form-row">
        <TextField
          label={t("phone")}
          hint={t("phone_hint")}
          type="tel"
          autoComplete="off"
          maxLength={64}
          value={draft.phone}
          error={phoneError}
          onChange={(event) => set({ phone: event.target.value })}
        />
        <TextField
          label={t("email")}
          type="email"
          autoComplete="off"
          maxLength={254}
          value={draft.email}
          error={fieldProblem(error, "email")}
          onChange={(event) => set({ email: event.target.value })}
        />
      </div>
      <TagInput
        label={t("tags")}
        hint={t("tags_hint")}
        value={draft.tags}
        error={fieldProblem(error, "tags")}
        onChange={(tags) => set({ tags })}
      />
      <Birthday draft={draft} error={fieldProblem(error, "birthday")} onChange={(birthday) => set({ birthday })} />
      {!isShort && (
        <>
          <div className="form-row">
            <SelectField
              label={t("language")}
              value={draft.language}
              error={fieldProblem(error, "language")}
              onChange={(event) => set({ language: event.target.value })}
            >
              <option value="">{t("language_unknown")}</option>
              {known.map((code) => (
                <option key={code} value={code}>
                  {languageNames.of(code) ?? code}
                </option>
              ))}
            </SelectField>
            <TimeZoneField
              label={t("time_zone")}
              hint={t("time_zone_hint")}
              value={draft.time_zone}
              error={fieldProblem(error, "time_zone")}
              onChange={(event) => set({ time_zone: event.target.value })}
            />
          </div>
          <TextArea
            label={t("notes")}
            hint={t("notes_hint")}
            maxLength={10_000}
            value={draft.notes}
            error={fieldProblem(error, "notes")}
            onChange={(event) => set({ notes: event.target.value })}
          />
          <CustomFields value={draft.fields} error={error} onChange={(fields) => set({ fields })} />
        </>
      )}
    </div>
  );
}

function Birthday(props: {
  draft: ContactDraft;
  error: string | undefined;
  onChange: (next: ContactDraft["birthday"]) => void;
}): ReactNode {
  const t = useWords(contacts);
  const formats = useFormats();
  const value = props.draft.birthday;
  const set = (changes: Partial<ContactDraft["birthday"]>) => props.onChange({ ...value, ...changes });
  return (
    <fieldset className="birthday">
      <legend>{t("birthday")}</legend>
      <div className="birthday-row">
        <TextField
          label={t("day")}
          inputMode="numeric"
          maxLength={2}
          value={value.day}
          onChange={(event) => set({ day: event.target.value.replace(/\D/g, "") })}
        />
        <SelectField label={t("month")} value={value.month} onChange={(event) => set({ month: event.target.value })}>
          <option value="">–</option>
          {Array.from({ length: 12 }, (_, month) => (
            <option key={month} value={month + 1}>
              {formats.monthName(month + 1)}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t("year")}
          inputMode="numeric"
          maxLength={4}
          placeholder={t("year_unknown")}
          value={value.year}
          onChange={(event) => set({ year: event.target.value.replace(/\D/g, "") })}
        />
      </div>
      {props.error ? (
        <p className="field-error" role="alert">
          <Icon name="alert" />
          {props.error}
        </p>
      ) : (
        <p className="field-hint">{t("birthday_hint")}</p>
      )}
    </fieldset>
  );
}
