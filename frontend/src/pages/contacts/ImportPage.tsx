// A table of contacts comes in: chosen, looked at before anything changes, then taken over in the background.

import "./imports.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { type Answer, call } from "../../api/call";
import { Problem, sentenceOf, sentenceOfField } from "../../api/problem";
import type { PreviewAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button, LinkButton } from "../../ui/Button";
import { Field, SelectField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Card, Page } from "../../ui/Page";
import { Refused, SkeletonRows } from "../../ui/States";
import { TagInput } from "../../ui/Tag";
import { contacts } from "../../words/contacts";
import { moving } from "../../words/moving";
import { useGroups } from "./ContactGroups";
import { Faults } from "./Faults";
import { ImportList } from "./ImportList";

const COLUMNS = "name, given_name, phone, email, birthday, tags, language, time_zone, notes";
const LARGEST = 4 * 1024 * 1024;

export function ImportPage(): ReactNode {
  const t = useWords(moving);
  const tc = useWords(contacts);
  if (!useMay("contacts:write")) return <Refused back={{ href: "/contacts", label: tc("title") }} />;
  return (
    <Page title={t("import")} width="reading" actions={<Back />}>
      <NewImport />
      <ImportList />
    </Page>
  );
}

function Back(): ReactNode {
  const t = useWords(moving);
  return (
    <LinkButton href="/contacts" kind="quiet" icon="back">
      {t("contacts")}
    </LinkButton>
  );
}

function NewImport(): ReactNode {
  const t = useWords(moving);
  const [file, setFile] = useState<File | null>(null);
  const preview = useMutation({
    mutationFn: (csv: File) => call("POST /api/v1/contacts/import/preview", { csv }),
  });
  const unfit =
    file === null ? undefined : file.size > LARGEST ? t("too_large") : file.size === 0 ? t("empty") : undefined;

  function choose(chosen: File | null) {
    setFile(chosen);
    preview.reset();
    if (chosen !== null && chosen.size > 0 && chosen.size <= LARGEST) preview.mutate(chosen);
  }

  return (
    <>
      <Card title={t("file")}>
        <Field
          label={t("choose_file")}
          hint={t("file_text", { columns: COLUMNS })}
          error={unfit ?? (preview.isError ? tableProblem(preview.error) : undefined)}
        >
          {(ids) => (
            <input
              {...ids}
              type="file"
              className="input file-input"
              accept=".csv,.tsv,.txt,text/csv"
              onChange={(event) => choose(event.target.files?.[0] ?? null)}
            />
          )}
        </Field>
        {preview.isPending && <p className="soft looking">{t("looking")}</p>}
      </Card>
      {preview.data && file && <Outlook key={file.name + file.lastModified} file={file} preview={preview.data} />}
      {preview.data && <Faults faults={preview.data.errors} />}
    </>
  );
}

/** What would happen, and the button that lets it. */
function Outlook({ file, preview }: { file: File; preview: PreviewAnswer }): ReactNode {
  const t = useWords(moving);
  const client = useQueryClient();
  const [, go] = useLocation();
  const [key, setKey] = useState(newKey);
  const [tags, setTags] = useState<readonly string[]>([]);
  const [group, setGroup] = useState("");
  const start = useMutation({
    mutationFn: (): Promise<Answer<"POST /api/v1/contacts/import">> =>
      call("POST /api/v1/contacts/import", {
        csv: file,
        query: { name: file.name.slice(0, 200), tag: [...tags], group_id: Number(group) || null },
        once: key,
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["import"] });
      go(`/contacts/import/${made.id}`);
    },
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setKey(newKey()),
  });
  const good = preview.new + preview.known;
  return (
    <Card title={t("what_happens")}>
      <div className="form">
        <Numbers
          of={[
            [t("rows_new"), preview.new],
            [t("rows_known"), preview.known],
            [t("rows_failed"), preview.failed],
          ]}
        />
        <p className="soft">{t("columns", { columns: preview.columns.join(", ") })}</p>
        {preview.left_out.length > 0 && (
          <p className="soft">{t("left_out", { columns: preview.left_out.join(", ") })}</p>
        )}
        {preview.known > 0 && <p className="soft">{t("known_text")}</p>}
        {preview.new > 0 && preview.automations.length > 0 && (
          <p className="import-starts">
            <Icon name="automations" />
            <span>
              <b>{t("starts", { n: preview.automations.length })}</b>{" "}
              {preview.automations.map(({ name }) => name).join(", ")}
            </span>
          </p>
        )}
        {good === 0 ? (
          <p className="form-error" role="alert">
            <Icon name="alert" />
            {t("nothing_to_import")}
          </p>
        ) : (
          <ForEverybody tags={tags} group={group} onTags={setTags} onGroup={setGroup} />
        )}
        {start.isError && (
          <p className="form-error" role="alert">
            <Icon name="alert" />
            {sentenceOf(start.error)}
          </p>
        )}
        <div className="form-buttons">
          <Button
            kind="primary"
            icon="upload"
            disabled={good === 0}
            isBusy={start.isPending}
            onClick={() => start.mutate()}
          >
            {t("start", { n: good })}
          </Button>
        </div>
      </div>
    </Card>
  );
}

function ForEverybody(props: {
  tags: readonly string[];
  group: string;
  onTags: (next: readonly string[]) => void;
  onGroup: (next: string) => void;
}): ReactNode {
  const t = useWords(moving);
  const tc = useWords(contacts);
  const groups = useGroups();
  return (
    <div className="form-row">
      <TagInput label={t("tags_all")} hint={tc("tags_hint")} value={props.tags} onChange={props.onTags} />
      {groups.isPending ? (
        <SkeletonRows rows={1} withAvatar={false} />
      ) : (
        <SelectField label={t("group_all")} value={props.group} onChange={(event) => props.onGroup(event.target.value)}>
          <option value="">{t("no_group")}</option>
          {groups.items.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </SelectField>
      )}
    </div>
  );
}

/** A few numbers beside one another. */
export function Numbers({ of }: { of: readonly (readonly [string, number])[] }): ReactNode {
  return (
    <dl className="numbers">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="figures">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Why the table as a whole cannot be read: its one field says it best. */
function tableProblem(error: unknown): string {
  const field = error instanceof Problem ? error.fields[0] : undefined;
  return field ? sentenceOfField(field) : sentenceOf(error);
}
