"""Where each fault of the outside is played: the row's name → what happens, and the tests that show it.

``N`` is the network, ``F`` feed documents, ``D`` dates and clocks, ``A`` articles, ``B`` the database, ``K`` the end of
the process, ``L`` Slack. ``test_fault_rows.py`` keeps the names true. The tests of a file are named ``file::function``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One fault and its tests."""

    what: str
    tests: tuple[str, ...]


def _of(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{file}::test_{name}" for name in names)


HOSTILE = _of("test_hostile.py", "good_feeds_are_told_in_any_company_and_each_bad_one_gets_a_sentence")
BACKS_OFF = _of("test_faults.py", "what_is_no_feed_changes_nothing_but_the_count_of_failures")

ROWS: dict[str, Row] = {
    "N1": Row(
        "the host's name cannot be resolved",
        (*_of("test_fetch.py", "a_name_that_does_not_resolve_is_told"), *BACKS_OFF, *HOSTILE),
    ),
    "N2": Row(
        "nobody listens, or somebody who says nothing",
        (*_of("test_fetch.py", "a_closed_port_is_told", "a_silent_server_meets_the_deadline"), *HOSTILE),
    ),
    "N3": Row(
        "a certificate has expired, is another host's or nobody's",
        _of(
            "test_fetch_guard.py",
            "an_expired_certificate_is_refused_by_name",
            "a_certificate_for_another_host_is_refused_by_name",
            "an_untrusted_certificate_is_refused_by_name",
            "plain_http_on_a_tls_port_is_told",
        ),
    ),
    "N4": Row(
        "an answer drips in for ever",
        (*_of("test_fetch.py", "a_dripping_server_meets_the_deadline"), *HOSTILE),
    ),
    "N5": Row(
        "a body never ends, or ends before its length",
        (*_of("test_fetch.py", "bodies_over_the_limit_are_refused", "broken_answers_are_refused"), *HOSTILE),
    ),
    "N6": Row(
        "a bomb, a double coding, one that nobody asked for, a broken one",
        (
            *_of(
                "test_fetch.py",
                "a_bomb_is_refused_before_it_unfolds",
                "a_bomb_costs_no_more_memory_than_the_limit",
                "codings_that_were_not_asked_for_are_refused",
                "damaged_gzip_is_refused",
            ),
            *_of("test_faults.py", "bombs_cost_a_process_less_than_50_mb"),
        ),
    ),
    "N7": Row(
        "redirects in a circle, to files, to private networks, away from https, with credentials, for good",
        (
            *_of(
                "test_fetch.py",
                "redirects_are_followed_and_noted",
                "a_permanent_redirect_says_where_the_feed_moved",
                "redirects_that_lead_astray_are_refused",
                "the_users_headers_stay_with_their_host",
                "the_users_headers_never_go_to_a_weaker_place",
            ),
            *_of("test_fetch_inward.py", "nothing_leads_inward_by_an_address_a_name_or_a_redirect"),
        ),
    ),
    "N8": Row(
        "addresses of this machine in every notation, and names that flip",
        (
            *_of(
                "test_fetch_inward.py",
                "nothing_leads_inward_by_an_address_a_name_or_a_redirect",
                "a_name_that_flips_between_two_look_ups_of_one_exchange_is_refused",
                "looking_for_feeds_follows_no_link_inward",
                "the_canary_hears",
            ),
            *_of(
                "test_fetch_guard.py",
                "names_that_resolve_inwards_are_refused_however_often_they_change",
                "what_carries_an_ipv4_address_is_judged_by_it",
            ),
        ),
    ),
    "N9": Row(
        "304, or another ETag for the same body",
        (
            *_of("test_faults.py", "the_same_body_under_another_etag_is_no_work"),
            *_of(
                "test_fetch.py", "requests_are_honest_and_conditional", "not_modified_without_being_asked_is_an_error"
            ),
        ),
    ),
    "N10": Row(
        "304 for a document that was never taken in",
        (
            *_of(
                "test_faults.py",
                "a_document_is_not_known_before_its_entries_are_saved",
                "a_document_that_could_not_be_parsed_is_asked_for_again_whole",
            ),
            *_of("test_line.py", "after_a_crash_at_any_step_every_alert_arrives_exactly_once"),
        ),
    ),
    "N11": Row(
        "401, 403, 404, 410",
        (
            *_of("test_fetch.py", "each_status_has_its_own_sentence"),
            *_of("test_faults.py", "a_feed_that_is_gone_is_left_alone"),
            *BACKS_OFF,
            *_of("test_once.py", "a_back_off_does_not_count_and_a_410_does"),
        ),
    ),
    "N12": Row(
        "429 and 503 with a Retry-After of any kind",
        (
            *_of("test_fetch.py", "retry_after_is_obeyed_within_reason"),
            *_of("test_faults.py", "a_server_that_asks_for_patience_gets_it"),
            *_of("test_timing.py", "the_next_poll_obeys_interval_failures_and_server"),
        ),
    ),
    "N13": Row(
        "200 with a login page, or with nothing",
        (*_of("test_sources_rss.py", "what_is_no_feed_is_named"), *BACKS_OFF, *HOSTILE),
    ),
    "F1": Row(
        "a document breaks off or is not well-formed",
        (
            *_of("test_faults.py", "a_damaged_feed_is_read_and_said_to_be_so_once"),
            *_of("test_sources_rss.py", "the_entry_that_a_broken_document_ends_in_is_not_judged"),
            *HOSTILE,
        ),
    ),
    "F2": Row(
        "a document makes the parser raise",
        (
            *_of("test_sources_rss.py", "documents_that_break_the_parser_cost_a_sentence_at_most"),
            *_of("contract/test_source.py", "junk_is_read_or_refused_with_a_sentence"),
            *_of("corpora/test_real_feeds.py", "every_real_feed_is_read_or_refused_with_a_sentence_in_one_round"),
            *HOSTILE,
        ),
    ),
    "F3": Row(
        "a document takes the parser minutes",
        (
            *_of(
                "test_sources_rss.py",
                "what_takes_minutes_is_killed_and_the_next_feed_is_quick",
                "a_flood_of_comments_is_no_work",
                "floods_of_markup_take_no_time",
            ),
            *_of("test_workers.py", "other_workers_go_on_meanwhile"),
        ),
    ),
    "F4": Row(
        "the parser's process dies, or runs out of memory",
        _of("test_workers.py", "what_breaks_a_worker_costs_one_document"),
    ),
    "F5": Row(
        "50,000 entries, a headline of 5 MB",
        (
            *_of("test_sources_rss.py", "long_fields_are_cut", "entries_beyond_the_cap_are_kept_without_text"),
            *_of("test_sources_jsonfeed.py", "huge_values_are_cut"),
            *HOSTILE,
        ),
    ),
    "F6": Row(
        "entities that explode, or that lie outside",
        (
            *_of("test_sources_rss.py", "entities_do_not_explode", "external_entities_are_not_fetched"),
            *HOSTILE,
        ),
    ),
    "F7": Row(
        "an encoding that is wrong, unknown or lied about; NULs and halves of characters",
        (
            *_of(
                "test_sources_rss.py",
                "declared_and_marked_encodings_are_read",
                "the_headers_charset_counts",
                "utf_32_is_read_or_refused",
            ),
            *_of("contract/test_store.py", "whatever_a_publisher_writes_can_be_stored_and_found"),
            *HOSTILE,
        ),
    ),
    "F8": Row(
        "ids that are missing, shared, used again or new at each poll",
        (
            *_of(
                "test_faults.py",
                "ids_that_change_make_no_storm",
                "a_guid_that_comes_with_other_words_is_an_edit_and_no_second_alert",
            ),
            *_of("test_poll_sift.py", "identities_are_unique_and_the_same_in_any_order"),
        ),
    ),
    "F9": Row(
        "entries are reordered, dropped and added again",
        (
            *_of(
                "test_faults.py",
                "entries_that_are_reordered_dropped_and_added_again_are_told_once",
                "after_months_an_entry_that_comes_back_is_not_told_again",
            ),
            *_of("corpora/test_snapshots.py", "over_a_year_of_captures_no_entry_is_seen_or_told_twice"),
        ),
    ),
    "F10": Row(
        "a first poll brings hundreds of old entries; a feed is empty at first",
        _of(
            "test_faults.py",
            "a_first_poll_of_500_old_entries_is_no_flood",
            "what_an_empty_feed_held_all_along_is_its_first_poll",
            "the_first_entries_of_a_feed_that_was_empty_are_news",
        ),
    ),
    "F11": Row(
        "headlines that ping, mark up, turn the writing round or flood",
        (
            *_of(
                "test_notifiers_slack.py",
                "whatever_publishers_write_the_message_is_valid_and_harmless",
                "titles_keep_their_literal_look",
                "literal_text_keeps_its_limit_and_whole_entities",
            ),
            *_of("test_notifiers_console.py", "outside_text_is_shown_literally"),
        ),
    ),
    "F12": Row(
        "links that are scripts, files, relative, missing or endless",
        (
            *_of("test_notifiers_slack.py", "what_is_no_web_address_is_no_link_but_still_told"),
            *_of("test_sources_rss.py", "links_are_absolute_web_addresses_or_nothing"),
            *_of("test_urls.py", "broken_and_foreign_addresses_are_refused"),
        ),
    ),
    "F13": Row(
        "one report in two feeds",
        (
            *_of("test_faults.py", "one_report_in_two_feeds_is_told_once"),
            *_of("test_line.py", "stories_become_messages_and_a_second_round_adds_none"),
            *_of("test_poll_assemble.py", "a_wire_copy_is_grouped_and_told_by_the_first_report"),
        ),
    ),
    "D1": Row(
        "dates that cannot be",
        (
            *_of("test_sources_rss.py", "dates_are_aware_or_unknown", "any_fields_make_a_date_or_none"),
            *_of("test_decide.py", "an_unknown_date_is_not_old_and_a_future_one_neither"),
            *HOSTILE,
        ),
    ),
    "D2": Row(
        "the wall clock is put back or jumps ahead",
        _of(
            "test_clock.py",
            "ticks_go_on_whatever_is_done_to_the_clock",
            "a_jump_of_years_is_one_tick_and_no_count_of_missed_ones",
            "a_clock_that_is_put_back_neither_stops_polls_nor_makes_a_burst",
            "a_clock_that_jumps_ahead_is_one_poll_of_each_feed",
            "steps_of_a_time_service_are_not_noticed",
            "a_clock_that_was_put_back_while_it_was_stopped_is_noticed_at_the_start",
            "messages_told_by_the_old_clock_hold_up_no_new_ones",
            "a_flood_window_of_the_old_clock_ends_in_time",
            "a_look_up_begins_before_the_send_and_waits_for_no_time_of_the_old_clock",
            "what_waited_for_its_next_try_is_tried_when_the_clock_was_put_back",
        ),
    ),
    "D3": Row(
        "summer time begins and ends, in odd zones",
        (
            *_of("test_clock.py", "polls_come_on_time_over_clock_changes_of_the_hosts_zone"),
            *_of("test_timing.py", "quiet_hours_follow_the_wall_clock_over_both_clock_changes"),
        ),
    ),
    "A1": Row(
        "an article is huge, no page, behind a wall, missing, hangs, or breaks its reader",
        (
            *_of(
                "test_faults.py",
                "an_article_that_cannot_be_had_costs_no_alert",
                "rules_that_never_come_cost_no_alert",
                "an_article_that_breaks_its_reader_costs_no_alert",
            ),
            *_of("test_article.py", "hostile_pages_are_refused_and_never_raise_anything_else"),
        ),
    ),
    "B2": Row(
        "the disk is full: at any write of a poll or a post, and on a backup",
        (
            *_of(
                "test_disk_full.py",
                "whichever_write_finds_no_room_all_is_told_once_in_the_end",
                "while_there_is_no_room_feeds_are_asked_less_and_less",
                "what_was_polled_in_vain_does_not_count_as_seen",
                "a_message_that_was_sent_and_not_settled_is_looked_up_and_not_sent_again",
                "with_nothing_due_it_is_ready_as_soon_as_there_is_room",
            ),
            *_of("test_store_writes.py", "a_full_disk_is_a_sentence_and_it_goes_on_when_there_is_room"),
            *_of("test_store_backups.py", "a_full_disk_keeps_nothing_half_and_the_last_one_whole"),
        ),
    ),
    "B5": Row(
        "the database is put back from an old backup",
        _of(
            "test_deliver_restored.py",
            "after_an_old_backup_nothing_is_told_again_and_nothing_counts_that_was_not_told",
            "a_backup_made_while_an_alert_waited_does_not_tell_it_again",
            "a_database_that_is_up_to_date_is_not_taken_for_a_backup",
        ),
    ),
    "K1-K8": Row(
        "kill -9 at every step of the line, and at random moments while Slack fails",
        (
            *_of(
                "test_line.py",
                "after_a_crash_at_any_step_every_alert_arrives_exactly_once",
                "a_crash_at_a_later_message_loses_and_doubles_nothing_either",
            ),
            *_of("test_torture.py", "a_service_that_is_killed_again_and_again_tells_each_story_once_and_in_order"),
        ),
    ),
    "K9": Row(
        "SIGTERM in the middle of a poll or a post",
        _of(
            "test_service.py",
            "told_to_stop_while_a_feed_hangs_it_ends_with_0_and_the_others_were_told",
            "told_to_stop_while_slack_hangs_it_ends_with_0_and_each_alert_arrives_once",
        ),
    ),
    "L1": Row(
        "429, and a burst of matches",
        _of(
            "test_deliver.py",
            "slow_down_is_waited_for_in_a_drain_only",
            "a_channel_is_paced_in_order_and_another_is_not_held_up",
            "a_backlog_of_a_hundred_drains_paced_and_in_order",
        ),
    ),
    "L2": Row(
        "Slack takes a post and its answer is lost: closed, 500, HTML, cut off, hanging, slow",
        _of(
            "test_deliver.py",
            "slack_ends_up_with_each_message_once",
            "whatever_fails_each_message_arrives_once_and_in_order",
        ),
    ),
    "L3": Row(
        "looking for a lost post is refused",
        _of(
            "test_deliver.py",
            "where_looking_is_refused_it_is_sent_once_more_and_says_so",
            "a_possible_repeat_whose_answer_is_lost_too_is_not_repeated_again",
            "a_look_up_that_must_always_wait_ends_open_too",
        ),
    ),
    "L4": Row(
        "the token, a channel or a code that nobody knows refuses",
        (
            *_of(
                "test_notifiers_slack.py",
                "every_code_keeps_its_meaning_and_names_a_remedy",
                "an_unknown_code_waits_for_somebody",
                "every_documented_code_is_in_the_table",
            ),
            *_of(
                "test_deliver_token.py",
                "everything_pending_waits_and_says_how_to_mend_it",
                "a_token_that_is_mended_in_its_file_is_enough_and_the_ops_channel_hears_of_it",
                "a_refused_channel_stops_no_other",
            ),
            *_of("test_deliver.py", "a_channel_that_needs_mending_waits_and_resumes_alone"),
        ),
    ),
    "L5": Row(
        "a message that Slack refuses for its own sake",
        (
            *_of(
                "test_deliver.py",
                "a_poisoned_message_goes_as_text_then_dies_and_blocks_nobody",
                "plain_text_saves_a_message_whose_blocks_are_refused",
            ),
            *_of(
                "test_deliver_token.py",
                "the_ops_channel_hears_why_a_message_is_given_up_and_how_to_send_it_again",
            ),
        ),
    ),
    "L6": Row(
        "a day without Slack, and 500 alerts that wait",
        _of(
            "test_deliver_outage.py",
            "500_alerts_of_a_day_without_slack_are_told_once_in_order_by_the_cap_and_one_digest_a_topic",
            "one_line_a_topic_says_from_when_to_when_nothing_could_be_posted",
        ),
    ),
}
