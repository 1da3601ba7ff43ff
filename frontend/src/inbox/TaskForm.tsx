import { Button, Checkbox, InlineNotification } from "@carbon/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { ApiError, reasonOf } from "@/api/problems";
import type { CurrentUser } from "@/api/session";
import { keysInWords, useShortcut } from "@/app/shortcuts";
import { FormView, type FieldErrors, type FormData, type FormHandle } from "@/shared/forms";
import { tell } from "@/shared/notices";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { DraftSaver, loadDraft, type DraftState, type FormDraft } from "./drafts";
import { leftoverErrors } from "./fields";
import { useOpenNext } from "./settings";
import { commands, nameOf, refresh, useTaskForm, useTaskVariables, valuesOf, type UserTask } from "./tasks";
import { VariablesForm } from "./VariablesForm";
import "./TaskForm.scss";

interface Props {
  task: UserTask;
  user: CurrentUser;
  next: UserTask | undefined;
  claim: () => void;
  opened: (task: UserTask | undefined) => void;
}

/** Everything that the form opens with has to be there before it opens. */
export function TaskForm(props: Props) {
  const { task, user } = props;
  const form = useTaskForm(task.userTaskKey);
  const variables = useTaskVariables(task.userTaskKey);
  const draft = useQuery<FormDraft | null>({
    queryKey: ["user-task-drafts", user.username, task.userTaskKey],
    queryFn: ({ signal }) => (task.state === "CREATED" ? loadDraft(user.username, task.userTaskKey, signal) : null),
    staleTime: Infinity,
    gcTime: 0,
  });
  const failed = [form, variables, draft].find((each) => each.isError && each.data === undefined);
  if (failed) return <ErrorState error={failed.error} what="form" compact retry={() => void failed.refetch()} />;
  if (form.data === undefined || variables.data === undefined || draft.data === undefined)
    return <LoadingState label="Loading the form" lines={4} />;
  return <OpenForm {...props} schema={form.data} variables={variables.data} draft={draft.data} />;
}

interface OpenProps extends Props {
  schema: object | null;
  variables: Readonly<Record<string, string>>;
  draft: FormDraft | null;
}

function OpenForm({ task, user, next, claim, opened, schema, variables, draft }: OpenProps) {
  const client = useQueryClient();
  const form = useRef<FormHandle>(null);
  const [openNext, setOpenNext] = useOpenNext();
  const [draftState, setDraftState] = useState<DraftState>(draft ? "saved" : "none");
  const [errors, setErrors] = useState<FieldErrors>();
  const [initial] = useState(() => ({ ...valuesOf(variables), ...draft?.variables }));
  const mine = task.state === "CREATED" && task.assignee === user.username;
  // A form says itself what it opens with, since it adds defaults; without one that is the draft.
  const [opensWith] = useState(() => (schema ? undefined : (draft?.variables ?? {})));
  const saver = useSaver(user.username, task.userTaskKey, opensWith, setDraftState);

  const completing = useMutation<unknown, Error, FormData>({
    mutationFn: (values) => commands.complete(task, values),
    onMutate: () => setErrors(undefined),
    onSuccess: async () => {
      saver.current?.end();
      tell(`“${nameOf(task)}” is completed`);
      if (openNext) opened(next);
      await refresh(client, task.userTaskKey);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.problem.errors) setErrors(error.problem.errors);
      void refresh(client, task.userTaskKey);
    },
  });

  function complete() {
    if (!mine || completing.isPending) return;
    const values = form.current?.submit();
    if (values) completing.mutate(values);
  }
  useShortcut("mod+Enter", complete, { enabled: mine });

  function onChange(values: FormData) {
    if (!saver.current?.isOpen) saver.current?.open(values);
    else if (mine) saver.current.change(values);
  }

  const elsewhere = useMemo(
    () => (errors && schema ? leftoverErrors(errors, schema) : errors ? Object.values(errors).flat() : []),
    [errors, schema],
  );
  return (
    <div className="sw-task-form">
      <div className="sw-task-form__fields">
        {schema ? (
          <FormView
            ref={form}
            schema={schema}
            data={initial}
            readOnly={!mine}
            errors={errors}
            onChange={onChange}
            onSubmit={(values) => completing.mutate(values)}
          />
        ) : (
          <VariablesForm ref={form} variables={variables} draft={draft?.variables} readOnly={!mine} errors={errors} onChange={onChange} />
        )}
        {!schema && Object.keys(variables).length === 0 && !mine && <EmptyState compact title="This task has no form and no variables" />}
      </div>
      {completing.isError && (!errors || elsewhere.length > 0) && (
        <InlineNotification
          kind="error"
          lowContrast
          title="The task was not completed."
          subtitle={elsewhere.length > 0 ? elsewhere.join(" ") : reasonOf(completing.error)}
          onClose={() => {
            completing.reset();
            return false;
          }}
        />
      )}
      {task.state === "CREATED" && (
        <footer className="sw-task-form__footer">
          {mine ? (
            <>
              <Button size="md" disabled={completing.isPending} onClick={complete} aria-keyshortcuts="Control+Enter Meta+Enter">
                {completing.isPending ? "Completing …" : "Complete"}
                <kbd aria-hidden>{keysInWords("mod+Enter")}</kbd>
              </Button>
              <Checkbox
                id="open-next"
                labelText="Then open the next one"
                checked={openNext}
                onChange={(_, { checked }) => setOpenNext(checked)}
              />
              <DraftSign state={draftState} />
            </>
          ) : task.assignee ? (
            <p>{task.assignee} has this task. You see it as it is.</p>
          ) : (
            <>
              <p>Claim the task to fill it in.</p>
              <Button kind="tertiary" size="sm" onClick={claim}>
                Claim and fill in
              </Button>
            </>
          )}
        </footer>
      )}
      {task.state === "COMPLETED" && next && (
        <footer className="sw-task-form__footer">
          <Button kind="tertiary" size="sm" onClick={() => opened(next)}>
            Open the next task
          </Button>
        </footer>
      )}
    </div>
  );
}

const DRAFT_WORDS: Record<DraftState, string> = {
  none: "",
  pending: "Saving the draft …",
  saved: "Draft saved",
  local: "Draft kept in this browser",
};

function DraftSign({ state }: { state: DraftState }) {
  return (
    <span className="sw-task-form__draft" role="status">
      {DRAFT_WORDS[state]}
    </span>
  );
}

/** One saver for as long as the task is open; what it still has is sent when the task is left. */
function useSaver(
  username: string,
  userTaskKey: string,
  opensWith: FormData | undefined,
  tellState: (state: DraftState) => void,
): RefObject<DraftSaver | null> {
  const saver = useRef<DraftSaver>(null);
  useEffect(() => {
    const created = new DraftSaver(username, userTaskKey, tellState);
    if (opensWith) created.open(opensWith);
    saver.current = created;
    const leave = () => void created.flush();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
      saver.current = null;
    };
  }, [username, userTaskKey, opensWith, tellState]);
  return saver;
}
