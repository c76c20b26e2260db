//! `kubectl config`: the one context there is, and its namespace.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/config`.

use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, OUTPUT, switch};
use crate::kubectl::print::tabs::TABLE;
use crate::kubectl::print::{Format, json};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Verb};
use crate::model::{Value, yaml};

/// `config view`.
pub(super) const VIEW: Verb = Verb {
    name: "config view",
    about: "Display merged kubeconfig settings or a specified kubeconfig file",
    usage: "[flags]",
    flags: &[OUTPUT, &[switch("minify"), switch("raw"), switch("flatten"), switch("merge")]],
    run: Run::Once(view),
    ..Verb::NONE
};

fn view(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let config = session.context.input.config.clone();
    let user = &session.context.global.user.name;
    let cluster = Value::from([("server", config.server.into())]);
    let mut context = Value::from([("cluster", config.cluster.clone().into()), ("user", user.into())]);
    if !config.namespace.is_empty() {
        context.set("namespace", config.namespace);
    }
    let named = |name: &str, field: &str, value: Value| vec![Value::from([("name", name.into()), (field, value)])];
    let all = Value::from([
        ("apiVersion", "v1".into()),
        ("kind", "Config".into()),
        ("clusters", named(&config.cluster, "cluster", cluster).into()),
        ("contexts", named(&config.context, "context", context).into()),
        ("current-context", config.context.clone().into()),
        ("users", named(user, "user", Value::map()).into()),
    ]);
    let text = match Format::of(args, session)? {
        Format::Usual | Format::Yaml | Format::Wide | Format::Name => yaml::write(&all),
        Format::Json => json::write(&all),
        Format::JsonPath(template) => template.render(&all),
        Format::JsonPathAsJson(template) => json::write(&template.find(&all).into()),
        Format::CustomColumns(_) => return Err(Failure::text("custom columns are for kubectl get")),
    };
    session.out(text);
    Ok(())
}

/// `config current-context`.
pub(super) const CURRENT: Verb = Verb {
    name: "config current-context",
    about: "Display the current-context",
    usage: "[flags]",
    run: Run::Once(|_, session| {
        let context = session.context.input.config.context.clone();
        session.line(context);
        Ok(())
    }),
    ..Verb::NONE
};

/// `config get-contexts`.
pub(super) const GET_CONTEXTS: Verb = Verb {
    name: "config get-contexts",
    about: "Describe one or many contexts",
    usage: "[(-o|--output=)name)]",
    flags: &[OUTPUT, &[switch("no-headers")]],
    run: Run::Once(|args, session| {
        let config = session.context.input.config.clone();
        if args.get("output") == "name" {
            session.line(config.context);
            return Ok(());
        }
        let user = session.context.global.user.name.clone();
        let row = format!("*\t{}\t{}\t{user}\t{}\n", config.context, config.cluster, config.namespace);
        session.out(TABLE.align(&format!("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n{row}")));
        Ok(())
    }),
    ..Verb::NONE
};

/// `config use-context`.
pub(super) const USE_CONTEXT: Verb = Verb {
    name: "config use-context",
    aliases: &["use"],
    about: "Set the current-context in a kubeconfig file",
    usage: "CONTEXT_NAME [flags]",
    run: Run::Once(|args, session| {
        let name = args.words.first().cloned().unwrap_or_default();
        if session.context.input.config.context != name {
            return Err(Failure::text(format!("no context exists with the name: {}", quoted(&name))));
        }
        session.line(format!("Switched to context {}.", quoted(&name)));
        Ok(())
    }),
    ..Verb::NONE
};

/// `config set-context`.
pub(super) const SET_CONTEXT: Verb = Verb {
    name: "config set-context",
    about: "Set a context entry in kubeconfig",
    usage: "[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options]",
    flags: &[&[switch("current")]],
    run: Run::Once(set_context),
    ..Verb::NONE
};

fn set_context(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let current = session.context.input.config.context.clone();
    let name = match (args.words.first(), args.is("current")) {
        (None, true) => current.to_string(),
        (Some(name), false) => name.clone(),
        _ => return Err(args.usage("you must specify a non-empty context name or --current")),
    };
    if name != current {
        return Err(Failure::text(format!("there is one context here, {}: use --current", quoted(&current))));
    }
    session.context.input.config.namespace = args.get("namespace").into();
    session.line(format!("Context {} modified.", quoted(&name)));
    Ok(())
}
