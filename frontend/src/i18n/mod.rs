//! Every text of the page, in each language.
//!
//! A text is a field of [`Words`], so a language that lacks one does not compile. `{name}` in a text is a place that
//! [`fill`] fills. What Kubernetes and kubectl say is never translated and is not here.

mod en;
mod zh;

use std::fmt::Display;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// All languages, in the order in which they are offered.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// What it is called in itself.
    pub fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "中文",
        }
    }

    /// What the `lang` attribute says: BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// The language that a BCP 47 tag asks for; English for any that is not here.
    pub fn of(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
    }

    /// Its texts.
    pub fn words(self) -> &'static Words {
        match self {
            Lang::En => &en::WORDS,
            Lang::Zh => &zh::WORDS,
        }
    }
}

/// The text with each `{name}` replaced by the value of that name.
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(&value.to_string());
        }
        rest = after;
    }
    filled + rest
}

macro_rules! words {
    ($($name:ident,)+) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub struct Words {
            $(#[doc = stringify!($name)] pub $name: &'static str,)+
        }

        #[cfg(test)]
        impl Words {
            /// Every text with its name.
            fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

words! {
    product,
    title_label,
    share,
    language,
    theme_light,
    theme_dark,
    shortcuts,
    commands,
    menu,
    time_control,
    play,
    pause,
    step_reconcile,
    step_event,
    step,
    speed,
    speed_max,
    clock_line,
    history,
    history_value,
    branch_here,
    branch_only_past,
    to_live,
    seed,
    seed_hint,
    branch_name,
    branches,
    branch_from,
    main_history,
    settled,
    reset_run,
    files_and_examples,
    files,
    new_file,
    rename_file,
    close_file,
    changed_mark,
    apply,
    diff,
    no_problems,
    problems,
    problem_one,
    applies_branch,
    examples,
    search_examples,
    open_example_ask,
    open_example_body,
    open,
    cancel,
    close,
    ok,
    file_name,
    diff_title,
    diff_none,
    removed,
    added,
    editor,
    collapse_left,
    expand_left,
    ex_rolling,
    ex_stuck,
    ex_crash,
    ex_config,
    ex_probes,
    ex_init,
    ex_place,
    cluster,
    cluster_map,
    namespace,
    all_namespaces,
    map,
    owners,
    new_rev,
    old_rev,
    inject_fault,
    request_path,
    you,
    nothing_yet,
    api_server,
    watchers,
    stage_authn,
    stage_authz,
    stage_admit,
    stage_validate,
    stage_persist,
    refused_at,
    wire_apply,
    wire_commit,
    wire_watch,
    store,
    store_line,
    controllers,
    idle,
    reconciling,
    retry_in,
    observe,
    diff_phase,
    act,
    queue,
    more_loops,
    fewer_loops,
    not_in_past,
    failed_word,
    ownership,
    updated_of,
    available_n,
    progressing,
    complete,
    rollout_failed,
    paused,
    rollout,
    set_count,
    going_to,
    ready_n,
    rev_old,
    rev_new,
    ready_pods_of,
    more_workloads,
    no_workloads,
    no_workloads_body,
    open_examples,
    apply_file,
    nodes,
    nodes_page,
    previous_page,
    next_page,
    unscheduled,
    node_ready,
    node_not_ready,
    node_cordoned,
    node_lost,
    no_heartbeat,
    no_new_pods,
    no_pods_yet,
    kubelet_idle,
    pulling_percent,
    simulated,
    simulated_hint,
    ready_of,
    restarts_n,
    restart_one,
    no_ip,
    more_pods,
    phase_pending,
    phase_creating,
    phase_not_ready,
    phase_running,
    phase_terminating,
    phase_failed,
    phase_completed,
    phase_unknown,
    pod_label,
    map_sentence,
    owners_table,
    col_kind,
    col_name,
    col_status,
    col_ready,
    col_node,
    col_revision,
    col_age,
    no_objects,
    fault_kill,
    fault_oom,
    fault_crash_on,
    fault_crash_off,
    fault_node_down,
    fault_node_up,
    fault_slow_pull,
    fault_fast_pull,
    fault_delay,
    fault_delay_off,
    fault_refuse,
    fault_accept,
    fault_add_node,
    fault_remove_node,
    fault_select_pod,
    fault_group_pod,
    fault_group_node,
    fault_group_cluster,
    inspector,
    nothing_selected,
    nothing_selected_body,
    gone,
    gone_body,
    tab_summary,
    tab_yaml,
    tab_why,
    tab_events,
    tab_logs,
    tab_describe,
    why_exists,
    full_chain,
    why_wanted,
    why_acted,
    why_reconcile,
    why_user,
    why_bootstrap,
    goes_back_to,
    line_of,
    startup,
    so_far,
    took,
    step_created,
    step_scheduled,
    step_scheduling,
    step_sandbox,
    step_pulling,
    step_pulled,
    step_init,
    step_started,
    step_ready,
    mb_of,
    conditions,
    facts,
    f_node,
    f_image,
    f_ip,
    f_qos,
    f_service_account,
    f_created,
    f_labels,
    f_strategy,
    f_selector,
    f_replicas,
    f_revision,
    f_addresses,
    f_capacity,
    f_taints,
    f_pods,
    f_type,
    f_ports,
    f_restart_policy,
    f_requests,
    f_limits,
    f_keys,
    containers,
    init_container,
    sidecar,
    state_running,
    state_waiting,
    state_terminated,
    last_exit,
    owned,
    undo_to,
    restart_rollout,
    delete_pod,
    delete_ask,
    delete_body,
    keep,
    actions,
    go_to_owner,
    logs_of,
    previous_logs,
    refresh,
    no_logs,
    no_events,
    loading,
    copy,
    copied,
    dock,
    terminal,
    terminal_who,
    terminal_input,
    terminal_hint,
    terminal_busy,
    timeline,
    timeline_sentence,
    causes_of,
    by_time,
    by_order,
    as_table,
    as_chart,
    lane_you,
    lane_api,
    tl_action,
    tl_write,
    tl_reconcile,
    tl_binding,
    tl_fault,
    tl_empty,
    col_time,
    col_type,
    col_reason,
    col_object,
    col_from,
    col_message,
    col_what,
    col_who,
    filter_events,
    maximise,
    restore,
    questions_about,
    q_exists,
    q_node,
    q_no_node,
    q_ready,
    q_not_ready,
    q_replicas,
    q_image,
    q_status,
    ask_field,
    back_to_map,
    copy_as_text,
    why_title_line,
    why_title_action,
    why_title_bootstrap,
    why_title_forgotten,
    why_lead,
    hop_created,
    hop_updated,
    hop_deleted,
    observed,
    desired,
    written,
    meta_reconcile,
    meta_saw,
    link_followed,
    link_made,
    link_woken,
    link_node,
    as_applied,
    no_file,
    what_if,
    same_seed,
    run_it,
    never_made,
    made_earlier,
    made_later,
    made_same,
    tried,
    led_to,
    hop_n,
    hops_n,
    rollout_of,
    elapsed,
    total_pods,
    available,
    ceiling_n,
    floor_n,
    at_ceiling,
    below_ceiling,
    above_floor,
    under_floor,
    pods_over_time,
    rev_ready,
    rev_not_ready,
    recorded_faint,
    ceiling_formula,
    floor_formula,
    steps,
    steps_hint,
    next_step,
    step_new,
    step_old,
    wait_for,
    not_available_yet,
    when_available,
    then_room,
    waits_at_ceiling,
    waits_for_pods,
    if_paused_title,
    if_paused_waiting,
    if_paused,
    no_extra_wait,
    after_ready,
    time_left,
    less,
    more,
    right_now,
    strategy,
    at_most,
    at_least,
    history_revisions,
    keeps_n,
    rolling_now,
    current_rev,
    pods_left,
    undo_to_this,
    pause_rollout,
    resume_rollout,
    same_command,
    template_change,
    chart_sentence,
    step_up,
    share_title,
    share_body,
    share_hash,
    share_size,
    share_long,
    copy_link,
    link_copied,
    link_open_failed,
    link_open_failed_body,
    palette,
    palette_hint,
    no_matches,
    single_keys,
    key_play,
    key_step_reconcile,
    key_step_event,
    key_back,
    key_speed,
    key_branch,
    key_live,
    key_why,
    key_owner,
    key_apply,
    key_palette,
    key_region,
    key_dock,
    key_terminal,
    key_help,
    key_escape,
    key_arrows,
    key_enter,
    key_delete,
    key_scrub,
    comfortable,
    toggle_theme,
    toggle_language,
    applied_n,
    not_applied,
    go_to_line,
    dismiss,
    branched,
    engine_lost,
    engine_lost_body,
    starting,
    view_cluster,
    views,
    edit_title,
    save_edit,
    leave_edit,
    live_created,
    live_deleted,
    live_phase,
    live_more,
    splitter_left,
    splitter_right,
    splitter_dock,
    splitter_terminal,
    copy_refused,
    editor_label,
    full_stop,
    edit_help,
    place,
    in_this_tab,
    linux_server,
    server_title,
    server_body,
    server_key,
    server_connect,
    server_none,
    server_lost,
    server_lost_body,
    server_again,
    server_leave,
    server_time,
    server_no_link,
    clock_line_server,
    terminal_who_server,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_the_same_places() {
        for ((name, english), (_, chinese)) in en::WORDS.all().into_iter().zip(zh::WORDS.all()) {
            assert_eq!(places(english), places(chinese), "{name}");
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
        }
    }

    #[test]
    fn chinese_keeps_its_style() {
        for (name, text) in zh::WORDS.all() {
            assert!(!text.contains(['！', '!']), "{name}: no exclamation marks");
        }
    }

    #[test]
    fn places_are_filled_by_name() {
        assert_eq!(fill("{n} of {of} updated", &[("of", &5), ("n", &3)]), "3 of 5 updated");
        assert_eq!(fill("a {missing} b {", &[]), "a  b {");
    }

    #[test]
    fn a_tag_names_a_language() {
        assert_eq!(Lang::of("zh-CN"), Lang::Zh);
        assert_eq!(Lang::of("fr"), Lang::En);
    }
}
