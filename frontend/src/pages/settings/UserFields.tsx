import type { ReactNode } from "react";
import { inputProblem, Problem, sentenceOf } from "../../api/problem";
import type { Role } from "../../api/schema";
import { useWords } from "../../lib/language";
import { SelectField, TextField } from "../../ui/Field";
import { people } from "../../words/people";

export interface UserDraft {
  full_name: string;
  username: string;
  email: string;
  role: Role;
}

// Refusals that speak of one field, and so are shown beside it.
const FIELD_OF: Record<string, keyof UserDraft> = {
  username_taken: "username",
  email_taken: "email",
  last_admin: "role",
};

export function isOfField(error: unknown): boolean {
  return error instanceof Problem && error.code in FIELD_OF;
}

export function UserFields(props: {
  draft: UserDraft;
  error: unknown;
  onChange: (next: UserDraft) => void;
}): ReactNode {
  const t = useWords(people);
  const { draft, error } = props;
  const set = (changes: Partial<UserDraft>) => props.onChange({ ...draft, ...changes });
  const problem = (field: keyof UserDraft) =>
    error instanceof Problem && FIELD_OF[error.code] === field
      ? sentenceOf(error)
      : inputProblem(error, field, draft[field]);
  return (
    <>
      <TextField
        label={t("full_name")}
        autoComplete="off"
        maxLength={200}
        value={draft.full_name}
        error={problem("full_name")}
        onChange={(event) => set({ full_name: event.target.value })}
      />
      <div className="form-row">
        <TextField
          label={t("username")}
          hint={t("username_hint")}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          value={draft.username}
          error={problem("username")}
          onChange={(event) => set({ username: event.target.value })}
        />
        <TextField
          label={t("email")}
          type="email"
          required
          autoComplete="off"
          maxLength={254}
          value={draft.email}
          error={problem("email")}
          onChange={(event) => set({ email: event.target.value })}
        />
      </div>
      <SelectField
        label={t("role")}
        hint={t(`role_${draft.role}_hint`)}
        value={draft.role}
        error={problem("role")}
        onChange={(event) => set({ role: event.target.value as Role })}
      >
        <option value="user">{t("role_user")}</option>
        <option value="admin">{t("role_admin")}</option>
      </SelectField>
    </>
  );
}
