import { CalendarSettings } from "@carbon/icons-react";
import { Button, Modal, NumberInput, TextInput } from "@carbon/react";
import { useState } from "react";
import { commands, nameOf, useTaskChange, type UserTask } from "./tasks";
import "./Schedule.scss";

/** Due date, follow-up date and priority. */
export function Schedule({ task }: { task: UserTask }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="ghost" size="sm" renderIcon={CalendarSettings} onClick={() => setOpen(true)}>
        Dates and priority
      </Button>
      {open && <ScheduleDialog task={task} close={() => setOpen(false)} />}
    </>
  );
}

function ScheduleDialog({ task, close }: { task: UserTask; close: () => void }) {
  const change = useTaskChange();
  const [due, setDue] = useState(localTime(task.dueDate));
  const [followUp, setFollowUp] = useState(localTime(task.followUpDate));
  const [priority, setPriority] = useState(task.priority);

  function save() {
    const dueDate = utcTime(due);
    const followUpDate = utcTime(followUp);
    change.mutate({
      task,
      shown: { dueDate: dueDate || null, followUpDate: followUpDate || null, priority },
      refusal: `“${nameOf(task)}” could not be changed`,
      send: () => commands.update(task, { dueDate, followUpDate, priority }),
    });
    close();
  }

  return (
    <Modal
      open
      size="xs"
      modalHeading="Dates and priority"
      primaryButtonText="Save"
      secondaryButtonText="Not now"
      onRequestClose={close}
      onRequestSubmit={save}
    >
      <div className="sw-schedule">
        <TextInput
          id="due"
          type="datetime-local"
          labelText="Due"
          helperText="Empty: no due date"
          value={due}
          onChange={(event) => setDue(event.target.value)}
        />
        <TextInput
          id="follow-up"
          type="datetime-local"
          labelText="Follow-up"
          helperText="When you want to come back to it"
          value={followUp}
          onChange={(event) => setFollowUp(event.target.value)}
        />
        <NumberInput
          id="priority"
          label="Priority"
          helperText="0 to 100; 50 is as usual"
          min={0}
          max={100}
          step={5}
          value={priority}
          onChange={(_, { value }) => setPriority(Number(value))}
        />
      </div>
    </Modal>
  );
}

/** A date as a field for local time has it: without zone and seconds. */
export function localTime(iso: string | null): string {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The date that stands in such a field; empty for none. */
export function utcTime(local: string): string {
  const date = new Date(local);
  return local === "" || Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
