import { Form, type Schema } from "@bpmn-io/form-js-viewer";
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import { ErrorState } from "../states";
import { errorsById, type FieldErrors } from "./errors";
import { withAllRows } from "./rows";
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import "./forms.scss";

export type FormData = Record<string, unknown>;

export interface FormHandle {
  /** Validates all of it and shows what is wrong at the fields; the values when nothing is. */
  submit(): FormData | undefined;
  /** The values as they stand, valid or not. */
  data(): FormData;
}

export interface FormViewProps {
  /** A form-js schema. A new object is a new form. */
  schema: object;
  /** The values that the form opens with, and those that its expressions read. Read when the form opens. */
  data?: FormData;
  readOnly?: boolean;
  /** The server's objections, by field key; shown at their fields until the person changes something. */
  errors?: FieldErrors;
  onChange?: (data: FormData) => void;
  /** A submit button of the form itself was pressed and everything is valid. */
  onSubmit?: (data: FormData) => void;
  ref?: Ref<FormHandle>;
}

/** A form-js form in Carbon's look. */
export default function FormView({ schema, data, readOnly = false, errors, onChange, onSubmit, ref }: FormViewProps) {
  const container = useRef<HTMLDivElement>(null);
  const form = useRef<Form>(null);
  /** The page submits, not a button of the form: form-js tells of both. */
  const asked = useRef(false);
  const [failure, setFailure] = useState<unknown>();
  const [ready, setReady] = useState(0);
  const latest = useRef({ data, onChange, onSubmit, readOnly });
  useEffect(() => {
    latest.current = { data, onChange, onSubmit, readOnly };
  });

  useEffect(() => {
    const created = new Form({ container: container.current!, properties: { readOnly: latest.current.readOnly } });
    let current = true;
    created
      .importSchema(structuredClone(schema) as Schema, structuredClone(latest.current.data ?? {}))
      .then(() => {
        if (!current) return;
        form.current = created;
        setFailure(undefined);
        setReady((count) => count + 1);
        created.on("changed", () => latest.current.onChange?.(currentData(created)));
        created.on("submit", (event: { data: FormData; errors: FieldErrors }) => {
          if (!asked.current && Object.keys(event.errors).length === 0) latest.current.onSubmit?.(withAllRows(created, event.data));
        });
      })
      .catch((error: unknown) => current && setFailure(error));
    return () => {
      current = false;
      form.current = null;
      created.destroy();
    };
  }, [schema]);

  useEffect(() => {
    form.current?.setProperty("readOnly", readOnly);
  }, [ready, readOnly]);

  useEffect(() => {
    const open = form.current;
    if (!open || !errors || Object.keys(errors).length === 0) return;
    const fields = open.get<{ getAll(): { id: string; key?: string }[] }>("formFieldRegistry").getAll();
    open._setState({ errors: errorsById(errors, fields) });
  }, [ready, errors]);

  useImperativeHandle(ref, () => ({
    submit() {
      if (!form.current) return undefined;
      leaveField(container.current!);
      asked.current = true;
      const result = form.current.submit();
      asked.current = false;
      if (Object.keys(result.errors).length === 0) return withAllRows(form.current, result.data);
      container.current?.querySelector<HTMLElement>(".fjs-has-errors :is(input, textarea, select, button)")?.focus();
      return undefined;
    },
    data: () => (form.current ? currentData(form.current) : {}),
  }));

  if (failure !== undefined) return <ErrorState error={failure} what="form" compact />;
  return <div ref={container} />;
}

/** A field takes up what was typed a moment after, or when it is left: leave it, and come back. */
function leaveField(container: HTMLElement): void {
  const field = document.activeElement;
  if (!(field instanceof HTMLElement) || !container.contains(field)) return;
  field.blur();
  field.focus();
}

/** What would be sent, without validating: values of hidden and disabled fields are left out, as on submit. */
function currentData(form: Form): FormData {
  return withAllRows(form, (form as unknown as { _getSubmitData(): FormData })._getSubmitData());
}
