"""Where SpiffWorkflow 3.2 gives another trace than we do: the test, the clause of the standard that decides, and what it says.

A test of this table fails when the difference has gone, and any other test fails when a difference comes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    clause: str
    why: str


_THROWER = Difference(
    "10.4.4, 13.4.3",
    "What an escalation interrupts ends there; SpiffWorkflow lets its thrower, or what follows it, go on.",
)
_EACH_TIME = Difference(
    "table 10.90, 13.4.3",
    "A non-interrupting boundary event starts once for each occurrence; SpiffWorkflow starts it once.",
)
_PATHS = Difference(
    "13.3.2",
    "A token that may come over a flow which has one is not waited for, and excess tokens pass one after another.",
)
_LINK = Difference(
    "10.4.5", "A token goes from a throwing link to the catching one of its name; SpiffWorkflow leaves it there."
)
_BEHAVIOUR = Difference(
    "table 10.29", "The behaviours One, None and Complex throw their events; SpiffWorkflow ignores them."
)
_QUANTITY = Difference(
    "table 10.3, 13.2.1", "startQuantity and completionQuantity count tokens; SpiffWorkflow ignores them."
)
_AD_HOC = Difference(
    "10.2.5, 13.2.5", "SpiffWorkflow 3.2 stops with an error when it enters an ad-hoc sub-process of this kind."
)
_CANCEL = Difference(
    "10.2.5, 10.4.3",
    "A cancel end event cancels its own transaction, which then does not complete; SpiffWorkflow completes it.",
)
_ERROR = Difference(
    "10.4.3, 13.4.5", "An error that nothing catches ends the instance; SpiffWorkflow lets the other tokens go on."
)
_INTERRUPTED = Difference(
    "13.4.3",
    "An activity that an event interrupts is terminated, not completed; SpiffWorkflow reports it as completed.",
)
_NEAREST = Difference(
    "10.4.5, 13.4.5",
    "An error or escalation is caught by the nearest catcher alone, one of its code before one of all; SpiffWorkflow starts others too.",
)
_COMPLETED = Difference(
    "table 10.29",
    "The instances that are left when a completion condition holds do not complete; in SpiffWorkflow they do.",
)
_CONDITION = Difference(
    "10.4.5, 13.4.3",
    "A condition fires when it becomes true; SpiffWorkflow looks at it only after all that can run has run.",
)
_COUNTER = Difference("table 10.28", "loopCounter is known to the condition of a loop; SpiffWorkflow does not set it.")
_NULL = Difference(
    "8.3.6",
    "A condition that is neither true nor false is an incident; SpiffWorkflow takes what is not true for false.",
)

DIFFERENCES: dict[str, Difference] = {
    "test_a_condition_that_is_null_is_an_incident_with_what_it_read_and_what_is_missing": _NULL,
    "test_a_message_shows_values_as_feel_writes_them": _NULL,
    "test_an_interrupting_boundary_event_ends_its_activity_and_goes_on_alone[escalation]": _THROWER,
    "test_an_interrupting_event_sub_process_ends_what_its_scope_does_and_runs_instead[escalation]": _THROWER,
    "test_each_escalation_of_a_sub_process_is_caught_and_it_goes_on": _EACH_TIME,
    "test_it_does_not_wait_for_a_token_that_may_as_well_come_where_one_waits_already": _PATHS,
    "test_several_tokens_on_one_flow_pass_one_after_another": _PATHS,
    "test_an_inclusive_join_does_not_wait_for_a_token_that_can_only_come_over_a_full_flow": _PATHS,
    "test_it_waits_for_what_a_link_may_bring": _LINK,
    "test_a_link_goes_on_at_its_catching_event_as_often_as_it_is_thrown": _LINK,
    "test_an_error_end_event_that_nothing_catches_ends_the_instance_by_its_error": _ERROR,
    "test_conditions_are_looked_at_before_the_scope_moves_on": _CONDITION,
    "test_a_loop_goes_round_while_its_condition_holds[by its counter]": _COUNTER,
    "test_a_behaviour_says_which_completions_throw[one]": _BEHAVIOUR,
    "test_a_behaviour_says_which_completions_throw[none]": _BEHAVIOUR,
    "test_a_complex_behaviour_throws_each_event_whose_condition_holds": _BEHAVIOUR,
    "test_a_behaviour_s_signal_is_heard_at_the_activity_and_everywhere_else[one]": _BEHAVIOUR,
    "test_a_behaviour_s_signal_is_heard_at_the_activity_and_everywhere_else[none]": _BEHAVIOUR,
    "test_a_behaviour_s_signal_is_heard_at_the_activity_and_everywhere_else[none-interrupting]": _BEHAVIOUR,
    "test_a_behaviour_may_throw_an_escalation_or_an_error_to_the_activity_s_own_boundary": _BEHAVIOUR,
    "test_an_activity_waits_for_as_many_tokens_as_it_needs": _QUANTITY,
    "test_an_activity_sends_as_many_tokens_as_it_says_along_each_flow": _QUANTITY,
    "test_a_cancelled_transaction_without_a_boundary_event_ends_and_the_process_with_it": _CANCEL,
    "test_a_cancel_end_event_cancels_the_innermost_transaction_alone": _CANCEL,
    "test_the_activities_of_an_ad_hoc_sub_process_run_at_once_and_it_ends_with_the_last": _AD_HOC,
    "test_what_another_branch_writes_ends_it_too_when_nothing_runs_in_it": _AD_HOC,
    "test_the_activities_of_a_sequential_ad_hoc_sub_process_run_one_after_another": _AD_HOC,
    "test_what_is_left_of_an_ad_hoc_sub_process_is_cancelled_when_its_condition_holds": _AD_HOC,
    "test_what_is_left_of_an_ad_hoc_sub_process_may_go_on_and_is_waited_for": _AD_HOC,
    "test_the_condition_is_asked_after_each_activity_also_within_a_flow": _AD_HOC,
    "test_a_condition_that_was_true_once_lets_the_rest_end_though_it_is_false_again": _AD_HOC,
    "test_a_multiple_event_throws_all_that_it_has_before_its_error_ends_the_scope": _INTERRUPTED,
    "test_the_catcher_of_a_code_comes_before_one_of_all_and_one_without_a_code_catches_all": _NEAREST,
    "test_the_event_sub_process_inside_comes_before_the_boundary_event_outside": _NEAREST,
    "test_an_error_of_an_error_handler_goes_outward_past_the_others_of_its_scope": _NEAREST,
    "test_an_error_that_nothing_catches_goes_through_each_scope_and_ends_the_instance": _ERROR,
    "test_an_escalation_is_consumed_by_the_nearest_catcher_and_its_thrower_goes_on": _NEAREST,
    "test_an_escalation_without_a_code_at_its_catcher_catches_all": _THROWER,
    "test_a_condition_interrupts_before_the_scope_takes_another_step": _CONDITION,
    "test_several_link_throws_lead_to_one_catch_and_links_of_other_scopes_are_others": _LINK,
    "test_a_behaviour_counts_instances_that_complete_at_once_one_by_one": _BEHAVIOUR,
    "test_a_completion_condition_that_held_once_is_not_taken_back_by_instances_that_complete_with_it": _COMPLETED,
    "test_a_process_leaves_the_expected_trace[activities-MultiInstance_ComplexBehavior-1]": _BEHAVIOUR,
    "test_a_process_leaves_the_expected_trace[activities-Token_Cardinality_Explicit-1]": _QUANTITY,
    "test_a_process_leaves_the_expected_trace[events-Error_BoundaryEvent_Transaction_Interrupting-1]": _INTERRUPTED,
    "test_a_process_leaves_the_expected_trace[cfpatterns-WCP17_InterleavedParallelRouting-1]": _AD_HOC,
    "test_a_process_leaves_the_expected_trace[cfpatterns-WCP20_CancelCaseCancel-1]": _INTERRUPTED,
}
"""By the name of the test, with its parameters where only some of them differ."""


def known(test: str, parametrized: str) -> Difference | None:
    return DIFFERENCES.get(parametrized) or DIFFERENCES.get(test)
