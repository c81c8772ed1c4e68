// A custom field is declared here, and changed: its title and its choices, as contacts hold what was written for the rest.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem, Problem, sentenceOf } from "../../api/problem";
import type { FieldAnswer, Kind } from "../../api/schema";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button } from "../../ui/Button";
import { Confirm, Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { TagInput } from "../../ui/Tag";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { fieldProblems } from "../../words/fieldProblems";
import { fields } from "../../words/fields";

const KINDS: readonly Kind[] = ["text", "number", "date", "boolean", "choice"];
const KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/; // as the API says

export function NewField({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(fields);
  const tc = useWords(common);
  const tf = useWords(fieldProblems);
  const client = useQueryClient();
  const [title, setTitle] = useState("");
  const [typedKey, setTypedKey] = useState<string | null>(null);
  const [kind, setKind] = useState<Kind>("text");
  const [choices, setChoices] = useState<readonly string[]>([]);
  const [isTried, setIsTried] = useState(false);
  const [once, setOnce] = useState(newKey);
  const key = typedKey ?? keyOf(title);
  const create = useMutation({
    mutationFn: () =>
      call("POST /api/v1/fields", {
        body: { key, title: title.trim(), kind, choices: kind === "choice" ? [...choices] : [] },
        once,
      }),
    onSuccess: () => {
      toast(t("declared"));
      onClose();
      return client.invalidateQueries({ queryKey: ["field"] });
    },
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setOnce(newKey()),
  });
  const isUntitled = title.trim() === "";
  const isKeyWrong = !KEY.test(key);
  const areChoicesMissing = kind === "choice" && choices.length === 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    setIsTried(true);
    if (!isUntitled && !isKeyWrong && !areChoicesMissing && !create.isPending) create.mutate();
  }

  const isTaken = create.error instanceof Problem && create.error.code === "field_key_taken";
  const keyProblem = isTaken ? sentenceOf(create.error) : fieldProblem(create.error, "key");
  return (
    <Dialog title={t("new")} onClose={onClose}>
      <form noValidate className="form" onSubmit={submit}>
        <TitleField
          value={title}
          error={isTried && isUntitled ? tf("missing") : fieldProblem(create.error, "title")}
          onChange={setTitle}
        />
        <TextField
          label={t("key")}
          hint={t("key_hint", { mark: `{${key || "size"}}` })}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={key}
          error={isTried && isKeyWrong ? t("key_wrong") : keyProblem}
          onChange={(event) => setTypedKey(event.target.value)}
        />
        <SelectField
          label={t("kind")}
          value={kind}
          error={fieldProblem(create.error, "kind")}
          onChange={(event) => setKind(event.target.value as Kind)}
        >
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {t(`kind_${each}`)}
            </option>
          ))}
        </SelectField>
        {kind === "choice" && (
          <ChoicesField
            value={choices}
            error={isTried && areChoicesMissing ? t("choices_needed") : fieldProblem(create.error, "choices")}
            onChange={setChoices}
          />
        )}
        {!isTaken && <FormProblem error={create.error} />}
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {t("declare")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function FieldDialog({ field, onClose }: { field: FieldAnswer; onClose: () => void }): ReactNode {
  const t = useWords(fields);
  const tc = useWords(common);
  const client = useQueryClient();
  const [title, setTitle] = useState(field.title);
  const [choices, setChoices] = useState<readonly string[]>(field.choices);
  const [isAsking, setIsAsking] = useState(false);
  const isChoice = field.kind === "choice";
  const path = { field_id: field.id };
  const done = (sentence: string) => () => {
    toast(sentence);
    onClose();
    return client.invalidateQueries({ queryKey: ["field"] });
  };
  const save = useMutation({
    mutationFn: () =>
      call("PATCH /api/v1/fields/{field_id}", {
        path,
        body: { title: title.trim(), ...(isChoice ? { choices: [...choices] } : {}) },
      }),
    onSuccess: done(tc("saved")),
  });
  const remove = useMutation({
    mutationFn: () => call("DELETE /api/v1/fields/{field_id}", { path }),
    onSuccess: done(t("deleted")),
    onError: toastError,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  }

  return (
    <Dialog title={field.title} onClose={onClose}>
      <form noValidate className="form" onSubmit={submit}>
        <p className="soft">
          <code>{`{${field.key}}`}</code> · {t(`kind_${field.kind}` as "kind_text")}
        </p>
        <TitleField value={title} error={fieldProblem(save.error, "title")} onChange={setTitle} />
        {isChoice && <ChoicesField value={choices} error={fieldProblem(save.error, "choices")} onChange={setChoices} />}
        <FormProblem error={save.error} />
        <div className="form-buttons">
          <Button icon="trash" onClick={() => setIsAsking(true)}>
            {tc("delete")}
          </Button>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {tc("save")}
          </Button>
        </div>
      </form>
      {isAsking && (
        <Confirm
          title={t("delete_title", { name: field.title })}
          text={t("delete_text", { key: `{${field.key}}` })}
          action={tc("delete")}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setIsAsking(false)}
        />
      )}
    </Dialog>
  );
}

interface PartProps<T> {
  value: T;
  error: string | undefined;
  onChange: (next: T) => void;
}

function TitleField({ value, error, onChange }: PartProps<string>): ReactNode {
  const t = useWords(fields);
  return (
    <TextField
      label={t("field_title")}
      hint={t("field_title_hint")}
      required
      autoComplete="off"
      maxLength={200}
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function ChoicesField(props: PartProps<readonly string[]>): ReactNode {
  const t = useWords(fields);
  return <TagInput label={t("choices")} hint={t("choices_hint")} {...props} />;
}

/** "Shirt size" as "shirt_size". */
function keyOf(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 64);
}
