"""Camunda 7's family of dialects says which forms user tasks and start events have."""

from __future__ import annotations

from engine.bpmn.dialects.vendor import Vendor
from engine.bpmn.model import Binding, FormReference


def form_of(vendor: Vendor) -> FormReference | None:
    """Return the form: formRef names a deployed form; formKey is a key for the user's own front end."""
    reference, key = vendor.attribute("formRef"), vendor.value("formKey", what="form key")
    if vendor.first("formData", "formProperty") is not None:
        vendor.problem("form-data", "Generated form fields are not shown here; draw a form and link it (formId)")
    if reference is not None:
        text = vendor.attribute("formRefBinding") or Binding.LATEST
        if text not in (Binding.LATEST, Binding.DEPLOYMENT):
            vendor.problem(
                "binding-unknown", f"{vendor.prefix}:formRefBinding is {text!r}; expected latest or deployment"
            )
            text = Binding.LATEST
        return FormReference(form_id=reference, binding=Binding(text))
    if key is None:
        return None
    source = key.source
    if key.is_literal and source.startswith("camunda-forms:deployment:"):
        return FormReference(form_id=source.rpartition(":")[2].removesuffix(".form"), binding=Binding.DEPLOYMENT)
    return FormReference(external_reference=key)
