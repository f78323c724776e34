"""The security checklist, line by line: which tests stand for each, so that a missing one is seen.

A test that is named after its line (`test_s20_...`) stands for it; the others are listed here by name.
"""

import ast
import functools
import re
from pathlib import Path

import pytest

LAST_LINE = 56
ALSO = {
    16: ["test_a_refresh_token_is_good_once_and_a_copied_one_ends_the_session", "test_a_new_password_signs_every_other_device_out",
         "test_signing_out_ends_this_device_and_everywhere_ends_all", "test_an_access_token_lives_for_a_quarter_of_an_hour_and_is_refreshed"],
    17: ["test_guessing_is_slowed_down_for_the_account_and_ends_by_itself", "test_one_address_may_not_try_without_end",
         "test_guessing_is_slowed_for_an_account_and_for_an_address"],
    30: ["test_a_repeated_order_is_answered_again", "test_a_key_with_another_body_is_refused", "test_a_missing_key_is_refused",
         "test_32_calls_with_one_key_have_one_effect", "test_a_crash_around_a_gateway_call_is_carried_on"],
    31: ["test_a_report_with_a_wrong_signature_is_refused_in_every_form", "test_a_report_is_believed_within_five_minutes_in_both_directions",
         "test_while_a_secret_changes_the_old_one_is_believed_too", "test_a_report_that_nobody_signed_is_refused_and_an_unknown_kind_is_kept"],
    32: ["test_reports_of_an_order_in_every_order_and_twice_end_in_one_state"],
    33: ["test_a_report_of_another_amount_holds_the_payment_for_a_person"],
    34: ["test_killed_at_any_boundary_an_order_is_carried_on_to_a_consistent_end", "test_a_crash_between_decision_and_payback_is_carried_on",
         "test_a_worker_killed_during_the_capture_leaves_one_capture_and_one_set_of_tickets",
         "test_whatever_fails_at_whatever_boundary_it_is_all_or_nothing"],
    35: ["test_the_database_refuses_an_entry_that_does_not_balance", "test_the_database_refuses_to_change_or_remove_what_is_booked",
         "test_a_close_that_is_killed_half_way_is_resumed_and_doubles_nothing"],
    36: ["test_16_refunds_at_once_give_one_ticket_back_once", "test_three_partial_refunds_end_at_exactly_nothing",
         "test_a_used_leg_stays_and_the_others_may_still_be_given_back", "test_legs_go_one_after_another_until_nothing_is_left"],
    39: ["test_a_body_that_cannot_be_read_is_a_problem", "test_one_address_may_not_try_without_end", "test_runs_are_listed_page_by_page"],
    41: ["test_every_answer_carries_its_request_id_and_the_security_headers"],
    43: ["test_production_refuses_every_stand_in_by_name", "test_a_test_key_is_refused_in_production",
         "test_an_unexpected_error_tells_nothing_of_its_inside"],
    45: ["test_no_log_line_has_an_address_a_password_or_a_token", "test_an_unexpected_error_is_logged_without_the_values_at_hand"],
    47: ["test_private_keys_are_encrypted_and_only_their_owner_reads_them", "test_no_secret_lies_in_the_repository"],
    49: ["test_generated_requests_never_break_the_service"],
    51: ["test_no_cell_of_a_statement_is_a_formula"],
}  # fmt: skip
SECRETS = re.compile(
    r"sk_live_[A-Za-z0-9]{10}|rk_live_[A-Za-z0-9]{10}|whsec_[A-Za-z0-9+/]{24}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[bap]-[0-9A-Za-z-]{20}"
)


@functools.cache
def names_of_tests() -> frozenset[str]:
    """The names of all tests."""
    return frozenset(
        {
            node.name
            for path in Path("tests").rglob("test_*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
    )


@pytest.mark.parametrize("line", range(1, LAST_LINE + 1))
def test_every_line_of_the_checklist_has_its_test(line: int) -> None:
    names = names_of_tests()
    own = {name for name in names if f"s{line}" in name.split("_")[1:4]}

    assert sorted(set(ALSO.get(line, [])) - names) == []
    assert own or ALSO.get(line)


def test_no_secret_lies_in_the_repository() -> None:
    tracked = [
        path
        for folder in (
            "ticketing",
            "operators",
            "tariffs",
            "migrations",
            "tests",
            "regions",
            "docs",
            "benchmarks",
            ".ci",
        )
        for path in Path(folder).rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".toml", ".json", ".csv", ".txt", ".html", ".css", ""}
    ]
    found = [
        str(path) for path in tracked if SECRETS.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert len(tracked) > 500
    assert [path for path in found if path != "tests/test_checklist_lines.py"] == []
