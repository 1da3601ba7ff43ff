import { Close } from "@carbon/icons-react";
import { Button, IconButton } from "@carbon/react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { BulkDialog } from "@/shared/bulk";
import type { Selection } from "@/shared/selection";
import { commands, nameOf, processNameOf, refresh, type UserTask } from "./tasks";
import "./BulkBar.scss";

interface Props {
  selection: Selection<UserTask>;
  username: string;
  assign: (tasks: readonly UserTask[]) => void;
}

/** What can be done with several tasks at once. */
export function BulkBar({ selection, username, assign }: Props) {
  const tasks = selection.items;
  const client = useQueryClient();
  const [doing, setDoing] = useState<"claim" | "complete">();
  const many = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
  return (
    <div className="sw-bulk-bar" role="toolbar" aria-label="Selected tasks">
      <span className="sw-bulk-bar__count">{tasks.length} selected</span>
      <Button kind="primary" size="sm" onClick={() => setDoing("claim")}>
        Claim all
      </Button>
      <Button kind="primary" size="sm" onClick={() => assign(tasks)}>
        Assign
      </Button>
      <Button kind="primary" size="sm" onClick={() => setDoing("complete")}>
        Complete all
      </Button>
      <IconButton kind="primary" size="sm" align="bottom-right" label="Select none" onClick={selection.none}>
        <Close />
      </IconButton>
      {doing && (
        <BulkDialog
          heading={doing === "claim" ? `Claim ${many}?` : `Complete ${many}?`}
          button={doing === "claim" ? "Claim" : "Complete"}
          items={tasks}
          keyOf={(task) => task.userTaskKey}
          name={(task) => `${nameOf(task)} · ${processNameOf(task)}`}
          action={(task) => (doing === "claim" ? commands.claim(task, username) : commands.complete(task, {}))}
          finished={(outcomes) => {
            void refresh(client);
            selection.select(
              outcomes.filter((each) => each.state === "done").map((each) => each.item),
              false,
            );
          }}
          close={() => setDoing(undefined)}
        >
          {doing === "claim"
            ? "Those that someone else has are left to them."
            : "They are completed as they are, without values. A task whose form needs some is refused, and says what is missing."}
        </BulkDialog>
      )}
    </div>
  );
}
