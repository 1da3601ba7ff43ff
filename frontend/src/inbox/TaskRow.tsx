import { ChevronDown, ChevronUp, Hourglass, UserAvatar, WarningAlt, WarningAltFilled } from "@carbon/icons-react";
import { Checkbox, Tag } from "@carbon/react";
import { Link } from "react-router";
import { RelativeDate, useNow } from "@/shared/time";
import { nameOf, processNameOf, type UserTask } from "./tasks";
import type { SortField } from "./view";
import "./TaskRow.scss";

interface Props {
  task: UserTask;
  to: { pathname: string; search: string };
  username: string;
  sort: SortField;
  open: boolean;
  selected: boolean;
  onSelect: (selected: boolean) => void;
  onFocus: () => void;
}

/** A task in the list: its name, its process, whose it is, how urgent, and when. */
export function TaskRow({ task, to, username, sort, open, selected, onSelect, onFocus }: Props) {
  return (
    <li className={`sw-row${open ? " sw-row--open" : ""}${selected ? " sw-row--selected" : ""}`}>
      {task.state === "CREATED" && (
        <Checkbox
          id={`select-${task.userTaskKey}`}
          className="sw-row__select"
          labelText={`Select ${nameOf(task)}`}
          hideLabel
          checked={selected}
          onChange={(_, { checked }) => onSelect(checked)}
        />
      )}
      <Link
        to={to}
        state={{ focus: true }}
        className="sw-row__link"
        data-task={task.userTaskKey}
        aria-current={open || undefined}
        onFocus={onFocus}
      >
        <span className="sw-row__name">{nameOf(task)}</span>
        <span className="sw-row__process">{processNameOf(task)}</span>
        <span className="sw-row__tags">
          <AssigneeTag task={task} username={username} />
          <PriorityTag priority={task.priority} />
        </span>
        <span className="sw-row__dates">
          <span>
            <RelativeDate value={task.creationDate} prefix="Created" />
          </span>
          <SecondDate task={task} sort={sort} />
        </span>
      </Link>
    </li>
  );
}

export function AssigneeTag({ task, username }: { task: UserTask; username: string }) {
  if (!task.assignee) {
    return (
      <Tag size="sm" type="outline">
        Unassigned
      </Tag>
    );
  }
  return (
    <Tag size="sm" type={task.assignee === username ? "blue" : "gray"} renderIcon={UserAvatar}>
      {task.assignee === username ? "Me" : task.assignee}
    </Tag>
  );
}

/** Camunda's steps: up to 25 low, up to 50 as usual, up to 75 high, above that critical. What is usual is not worth a word. */
export function PriorityTag({ priority }: { priority: number }) {
  if (priority > 25 && priority <= 50) return null;
  const [word, icon, type] =
    priority > 75
      ? (["Critical", WarningAlt, "red"] as const)
      : priority > 50
        ? (["High", ChevronUp, "magenta"] as const)
        : (["Low", ChevronDown, "cool-gray"] as const);
  return (
    <Tag size="sm" type={type} renderIcon={icon} title={`Priority ${priority}`}>
      {word}
    </Tag>
  );
}

/** One further date: the one that is sorted by, else the most pressing one. */
function SecondDate({ task, sort }: { task: UserTask; sort: SortField }) {
  if (task.completionDate) return <RelativeDate value={task.completionDate} prefix="Done" />;
  if (sort === "followUpDate" && task.followUpDate) return <RelativeDate value={task.followUpDate} prefix="Follow-up" />;
  if (task.dueDate) return <DueDate value={task.dueDate} />;
  return task.followUpDate ? <RelativeDate value={task.followUpDate} prefix="Follow-up" /> : null;
}

/** A due date of an open task: overdue is red, with a sign and a word. */
export function DueDate({ value }: { value: string }) {
  const now = useNow();
  const overdue = Date.parse(value) < now;
  return (
    <span className={`sw-due${overdue ? " sw-due--over" : ""}`}>
      {overdue ? <WarningAltFilled aria-hidden /> : <Hourglass aria-hidden />}
      <RelativeDate value={value} prefix={overdue ? "Overdue: due" : "Due"} />
    </span>
  );
}
