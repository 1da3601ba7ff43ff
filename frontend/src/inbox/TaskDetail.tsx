import { ArrowLeft } from "@carbon/icons-react";
import { Button, InlineNotification, Tab, TabList, TabPanel, TabPanels, Tabs } from "@carbon/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { api } from "@/api/client";
import { ApiError, reasonOf } from "@/api/problems";
import { useResource, type SearchResult } from "@/api/queries";
import { DiagramViewer } from "@/shared/diagram";
import { FormView, type FieldErrors, type FormData, type FormHandle } from "@/shared/forms";
import { ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { asObject, claim, complete, release, saveDraft, schemaOf, type TaskForm, type UserTask, type Variable } from "./tasks";
import { VariablesEditor } from "./VariablesEditor";

const DRAFT_AFTER_MS = 800;

interface TaskDetailProps {
  taskKey: string;
  username: string;
  tasks: readonly UserTask[];
  search: string;
}

export function TaskDetail({ taskKey, username, tasks, search }: TaskDetailProps) {
  const task = useResource<UserTask>(`user-tasks/${taskKey}`);
  if (task.isPending) return <LoadingState label="Loading the task" />;
  if (task.isError) return <ErrorState error={task.error} what="task" backTo="/inbox" retry={() => void task.refetch()} />;
  return <OpenTask task={task.data} username={username} tasks={tasks} search={search} />;
}

function OpenTask({ task, username, tasks, search }: Omit<TaskDetailProps, "taskKey"> & { task: UserTask }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useRef<FormHandle>(null);
  const [failure, setFailure] = useState<string>();
  const [errors, setErrors] = useState<FieldErrors>();
  const key = task.userTaskKey;
  const suffix = search ? `?${search}` : "";
  const mine = task.assignee === username && task.state === "CREATED";

  const refused = useCallback(
    (error: unknown) => {
      const fields = error instanceof ApiError ? (error.problem as { errors?: FieldErrors }).errors : undefined;
      setErrors(fields);
      setFailure(reasonOf(error));
      void client.invalidateQueries({ queryKey: ["user-tasks"] });
    },
    [client],
  );
  const changed = useCallback(() => {
    setFailure(undefined);
    return client.invalidateQueries({ queryKey: ["user-tasks"] });
  }, [client]);

  const claiming = useMutation({ mutationFn: () => claim(key, username), onSuccess: changed, onError: refused });
  const releasing = useMutation({ mutationFn: () => release(key), onSuccess: changed, onError: refused });
  const completing = useMutation({
    mutationFn: (variables: FormData) => complete(key, variables),
    onError: refused,
    onSuccess: async () => {
      const at = tasks.findIndex((each) => each.userTaskKey === key);
      const next = tasks[at + 1] ?? tasks[at - 1];
      await changed();
      void navigate(next ? `/inbox/${next.userTaskKey}${suffix}` : `/inbox${suffix}`);
    },
  });
  const submit = useCallback(() => {
    setErrors(undefined);
    const values = form.current?.submit();
    if (values) completing.mutate(values);
  }, [completing]);

  useEffect(() => {
    function shortcut(event: KeyboardEvent) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && mine) submit();
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, [contenteditable]")) return;
      if (event.key === "c" && !task.assignee && task.state === "CREATED") claiming.mutate();
    }
    window.addEventListener("keydown", shortcut);
    return () => window.removeEventListener("keydown", shortcut);
  }, [mine, submit, claiming, task.assignee, task.state]);

  return (
    <>
      <header className="inbox__head">
        <Link to={`/inbox${suffix}`} className="inbox__back">
          <ArrowLeft /> All tasks
        </Link>
        <h2>{task.name ?? task.elementId}</h2>
        <p>
          <Link to={`/operations/instances/${task.processInstanceKey}`}>{task.processName ?? task.processDefinitionId}</Link>, version{" "}
          {task.processDefinitionVersion}
          {task.dueDate && (
            <>
              {" · "}
              <RelativeDate value={task.dueDate} prefix="due" />
            </>
          )}
          {" · "}
          {task.assignee ? `assigned to ${task.assignee}` : "unassigned"}
        </p>
        {task.state === "CREATED" && (
          <div className="inbox__actions">
            {!task.assignee && (
              <Button size="md" onClick={() => claiming.mutate()} disabled={claiming.isPending}>
                Claim
              </Button>
            )}
            {mine && (
              <>
                <Button size="md" onClick={submit} disabled={completing.isPending}>
                  Complete
                </Button>
                <Button size="md" kind="ghost" onClick={() => releasing.mutate()} disabled={releasing.isPending}>
                  Release
                </Button>
              </>
            )}
          </div>
        )}
        {failure && <InlineNotification kind="error" lowContrast title="Refused" subtitle={failure} onCloseButtonClick={() => setFailure(undefined)} />}
      </header>
      <Tabs>
        <TabList aria-label="About the task">
          <Tab>Form</Tab>
          <Tab>Diagram</Tab>
        </TabList>
        <TabPanels>
          <TabPanel>
            <TaskFormPanel key={`${key}-${mine}`} task={task} mine={mine} errors={errors} handle={form} submit={submit} />
          </TabPanel>
          <TabPanel>
            <TaskDiagram task={task} />
          </TabPanel>
        </TabPanels>
      </Tabs>
    </>
  );
}

interface TaskFormPanelProps {
  task: UserTask;
  mine: boolean;
  errors?: FieldErrors;
  handle: React.RefObject<FormHandle | null>;
  submit: () => void;
}

function TaskFormPanel({ task, mine, errors, handle, submit }: TaskFormPanelProps) {
  const key = task.userTaskKey;
  const form = useQuery({
    queryKey: ["task-forms", key],
    queryFn: async () => (await api.get<TaskForm | undefined>(`/v2/user-tasks/${key}/form`)) ?? null,
    enabled: task.formKey !== null,
  });
  const variables = useQuery({
    queryKey: ["task-variables", key, mine],
    staleTime: Infinity,
    queryFn: async () => {
      const found = await api.post<SearchResult<Variable>>(`/v2/user-tasks/${key}/variables/search?truncateValues=false`, { page: { limit: 1000 } });
      const draft = mine ? await api.get<{ variables: FormData }>(`/v2/user-tasks/${key}/draft`).catch(() => undefined) : undefined;
      return { ...asObject(found.items), ...draft?.variables };
    },
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keepDraft = useCallback(
    (data: FormData) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void saveDraft(key, data).catch(() => undefined), DRAFT_AFTER_MS);
    },
    [key],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  if (variables.isPending || (task.formKey !== null && form.isPending)) return <LoadingState label="Loading the form" lines={4} />;
  if (variables.isError) return <ErrorState error={variables.error} what="form" retry={() => void variables.refetch()} compact />;
  if (form.isError) return <ErrorState error={form.error} what="form" retry={() => void form.refetch()} compact />;
  if (!form.data) return <VariablesEditor data={variables.data} readOnly={!mine} ref={handle} />;
  return (
    <TaskFormView form={form.data} data={variables.data} readOnly={!mine} errors={errors} onChange={mine ? keepDraft : undefined} onSubmit={submit} handle={handle} />
  );
}

interface TaskFormViewProps {
  form: TaskForm;
  data: FormData;
  readOnly: boolean;
  errors?: FieldErrors;
  onChange?: (data: FormData) => void;
  onSubmit: () => void;
  handle: React.RefObject<FormHandle | null>;
}

function TaskFormView({ form, data, readOnly, errors, onChange, onSubmit, handle }: TaskFormViewProps) {
  const [schema] = useState(() => schemaOf(form));
  return <FormView schema={schema} data={data} readOnly={readOnly} errors={errors} onChange={onChange} onSubmit={onSubmit} ref={handle} />;
}

function TaskDiagram({ task }: { task: UserTask }) {
  const xml = useResource<string>(`process-definitions/${task.processDefinitionKey}/xml`, { expect: "text", staleTime: Infinity });
  if (xml.isPending) return <LoadingState label="Loading the diagram" lines={3} />;
  if (xml.isError) return <ErrorState error={xml.error} what="diagram" retry={() => void xml.refetch()} compact />;
  return (
    <div className="inbox__diagram">
      <DiagramViewer xml={xml.data} label="Where this task stands" badges={[{ elementId: task.elementId, status: task.state === "CREATED" ? "running" : "completed", text: 1, title: "This task" }]} />
    </div>
  );
}
