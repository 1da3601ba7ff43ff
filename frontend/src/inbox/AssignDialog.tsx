import { ComboBox, Modal } from "@carbon/react";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearch } from "@/api/queries";
import type { Schemas } from "@/api/contract";
import { BulkDialog } from "@/shared/bulk";
import { contains } from "@/shared/matching";
import { commands, nameOf, processNameOf, refresh, useTaskChange, type UserTask } from "./tasks";
import "./AssignDialog.scss";

type User = Schemas["UserResult"];

interface Props {
  tasks: readonly UserTask[];
  username: string;
  close: () => void;
}

interface Choice {
  username: string;
  name: string;
  isCandidate: boolean;
}

/** Gives tasks to a person: candidates first, then everyone else. */
export function AssignDialog({ tasks, username, close }: Props) {
  const client = useQueryClient();
  const change = useTaskChange();
  const users = useSearch("users", { page: { limit: 500 } }, { staleTime: 60_000 });
  const choices = useMemo(() => choicesFor(tasks, users.data?.items ?? [], username), [tasks, users.data, username]);
  const [chosen, setChosen] = useState<Choice | null>(null);
  const [confirmed, setConfirmed] = useState<string>();
  const single = tasks.length === 1 ? tasks[0] : undefined;

  function assign() {
    if (!chosen) return;
    if (!single) {
      setConfirmed(chosen.username);
      return;
    }
    const assignee = chosen.username;
    change.mutate({
      task: single,
      shown: { assignee },
      refusal: `“${nameOf(single)}” could not be assigned to ${assignee}`,
      send: () => commands.assign(single, assignee),
    });
    close();
  }

  if (confirmed) {
    return (
      <BulkDialog
        heading={`Assign ${tasks.length} tasks to ${confirmed}?`}
        button="Assign"
        items={tasks}
        keyOf={(task) => task.userTaskKey}
        name={(task) => `${nameOf(task)} · ${processNameOf(task)}`}
        action={(task) => commands.assign(task, confirmed)}
        finished={() => void refresh(client)}
        close={close}
      />
    );
  }
  return (
    <Modal
      open
      size="xs"
      className="sw-assign"
      modalHeading={single ? `Assign “${nameOf(single)}”` : `Assign ${tasks.length} tasks`}
      primaryButtonText="Assign"
      secondaryButtonText="Not now"
      primaryButtonDisabled={!chosen}
      onRequestClose={close}
      onRequestSubmit={assign}
      selectorPrimaryFocus="#assignee"
    >
      <ComboBox<Choice>
        id="assignee"
        titleText="Person"
        placeholder="Name"
        items={choices}
        itemToString={(item) => item?.name ?? ""}
        itemToElement={(item) => (
          <span>
            {item.name} {item.isCandidate && <span className="sw-assign__candidate">may take it</span>}
          </span>
        )}
        shouldFilterItem={({ item, inputValue }) => contains(item.name, inputValue ?? "")}
        helperText={
          users.isError
            ? "The list of people cannot be read now."
            : single?.assignee
              ? `Now assigned to ${single.assignee}.`
              : "Those who may take it come first."
        }
        onChange={({ selectedItem }) => setChosen(selectedItem ?? null)}
      />
    </Modal>
  );
}

/** Me, candidates by name or group, and the rest, in this order. */
export function choicesFor(tasks: readonly UserTask[], users: readonly User[], username: string): Choice[] {
  const isCandidate = (user: User) =>
    tasks.every((task) => task.candidateUsers.includes(user.username) || user.groups.some((group) => task.candidateGroups.includes(group)));
  return users
    .map((user) => ({
      username: user.username,
      name: `${user.name ? `${user.name} (${user.username})` : user.username}${user.username === username ? " – me" : ""}`,
      isCandidate: isCandidate(user),
    }))
    .sort((one, other) => rank(one, username) - rank(other, username) || one.name.localeCompare(other.name));
}

function rank(choice: Choice, username: string): number {
  if (choice.username === username) return 0;
  return choice.isCandidate ? 1 : 2;
}
