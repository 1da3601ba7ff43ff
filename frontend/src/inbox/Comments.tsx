import { Button, InlineLoading, TextArea } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { CurrentUser } from "@/api/session";
import { tellRefusal } from "@/shared/notices";
import { LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { commands, useComments, type Comment, type UserTask } from "./tasks";
import { Unavailable } from "./Unavailable";
import "./Comments.scss";

/** What people say about a task. A comment shows at once, and is taken back into the field when the server refuses. */
export function Comments({ task, user }: { task: UserTask; user: CurrentUser }) {
  const client = useQueryClient();
  const comments = useComments(task.userTaskKey);
  const [text, setText] = useState("");
  const key = ["user-tasks", task.userTaskKey, "comments"];
  const sending = useMutation<Comment, Error, string>({
    mutationFn: (given) => commands.comment(task, given),
    onMutate: () => setText(""),
    onError: (error, given) => {
      setText(given);
      tellRefusal("The comment was not kept", error);
    },
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });

  if (comments.isError && !comments.data)
    return <Unavailable error={comments.error} what="comments" retry={() => void comments.refetch()} />;
  if (!comments.data) return <LoadingState label="Loading the comments" lines={3} />;
  return (
    <div className="sw-comments">
      {comments.data.length === 0 && !sending.isPending && <p className="sw-comments__none">Nobody has said anything yet.</p>}
      <ol>
        {comments.data.map((comment) => (
          <li key={comment.commentKey}>
            <p className="sw-comments__who">
              <strong>{comment.author === user.username ? "Me" : comment.author}</strong> <RelativeDate value={comment.createdAt} />
            </p>
            <p className="sw-comments__text">{comment.text}</p>
          </li>
        ))}
        {sending.isPending && (
          <li className="sw-comments__pending">
            <p className="sw-comments__who">
              <strong>Me</strong> <InlineLoading description="Sending" />
            </p>
            <p className="sw-comments__text">{sending.variables}</p>
          </li>
        )}
      </ol>
      <TextArea
        id="comment"
        labelText="Comment"
        rows={3}
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button kind="tertiary" size="sm" disabled={text.trim() === "" || sending.isPending} onClick={() => sending.mutate(text.trim())}>
        Comment
      </Button>
    </div>
  );
}
