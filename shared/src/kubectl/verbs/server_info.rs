//! What the server is and serves: `api-resources`, `api-versions`, `version`, `cluster-info`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/{apiresources,version,clusterinfo}`.

use crate::kubectl::discovery::Kind;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, Flag, list, switch, switch_on, text};
use crate::kubectl::print::tabs::TABLE;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Verb};
use crate::model::{Order, Value, yaml};

/// The version of Kubernetes that this is modelled on.
const VERSION: &str = "v1.36.2";
const KUSTOMIZE: &str = "v5.8.1";

const RESOURCE_FLAGS: &[Flag] = &[
    text("api-group"),
    text("namespaced"),
    text("output").or('o'),
    list("verbs"),
    text("sort-by"),
    list("categories"),
    switch("no-headers"),
    switch_on("cached"),
];

/// `api-resources`.
pub(super) const API_RESOURCES: Verb = Verb {
    name: "api-resources",
    about: "Print the supported API resources on the server",
    usage: "[flags]",
    flags: &[RESOURCE_FLAGS],
    run: Run::Once(api_resources),
    ..Verb::NONE
};

fn api_resources(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let kinds = session.kinds();
    let mut shown: Vec<&Kind> = kinds.0.iter().map(|it| &**it).filter(|it| is_wanted(args, it)).collect();
    match args.get("sort-by") {
        "" => shown.order_by_key(|it| (it.group.clone(), it.plural.clone())),
        "name" => shown.order_by_key(|it| it.plural.clone()),
        "kind" => shown.order_by_key(|it| it.kind.clone()),
        _ => return Err(Failure::text("--sort-by accepts only name or kind")),
    }
    let wide = match args.get("output") {
        "name" => {
            for it in &shown {
                session.line(it.name().as_str());
            }
            return Ok(());
        }
        "" => false,
        "wide" => true,
        other => {
            return Err(Failure::text(format!("--output {other} is not available")));
        }
    };
    let mut text = String::new();
    if !args.is("no-headers") {
        let more = if wide { "\tVERBS\tCATEGORIES" } else { "" };
        text = format!("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND{more}\n");
    }
    for kind in shown {
        let more = if wide { format!("\t{VERBS}\t{}", kind.categories.join(",")) } else { String::new() };
        let (plural, short, version) = (&kind.plural, kind.short_names.join(","), kind.api_version());
        text.extend([format!("{plural}\t{short}\t{version}\t{}\t{}{more}\n", kind.namespaced, kind.kind)]);
    }
    session.out(TABLE.align(&text));
    Ok(())
}

const VERBS: &str = "create,delete,deletecollection,get,list,patch,update,watch";

fn is_wanted(args: &Args, kind: &Kind) -> bool {
    let group = !args.has("api-group") || args.get("api-group") == kind.group;
    let namespaced = !args.has("namespaced") || (args.get("namespaced") == "true") == kind.namespaced;
    let categories = args.all("categories");
    group && namespaced && categories.iter().all(|it| kind.categories.iter().any(|own| own == it))
}

/// `api-versions`.
pub(super) const API_VERSIONS: Verb = Verb {
    name: "api-versions",
    about: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: "",
    run: Run::Once(|_, session| {
        let mut versions: Vec<String> = session.kinds().0.iter().map(|it| it.api_version()).collect();
        versions.order();
        versions.dedup();
        for it in &versions {
            session.line(it);
        }
        Ok(())
    }),
    ..Verb::NONE
};

/// `version`.
pub(super) const VERSION_VERB: Verb = Verb {
    name: "version",
    about: "Print the client and server version information for the current context",
    usage: "[flags]",
    flags: &[&[switch("client"), text("output").or('o')]],
    run: Run::Once(version),
    ..Verb::NONE
};

fn version(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let with_server = !args.is("client");
    match args.get("output") {
        "" => {
            session.out(format!("Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n"));
            if with_server {
                session.out(format!("Server Version: {VERSION}\n"));
            }
        }
        format @ ("yaml" | "json") => {
            let one = Value::from([("gitVersion", VERSION.into()), ("major", "1".into()), ("minor", "36".into())]);
            let mut all = Value::from([("clientVersion", one.clone()), ("kustomizeVersion", KUSTOMIZE.into())]);
            if with_server {
                all.set("serverVersion", one);
            }
            let text = if format == "yaml" { yaml::write(&all) } else { crate::kubectl::print::json::write(&all) };
            session.out(text);
        }
        _ => return Err(Failure::text("--output must be 'yaml' or 'json'")),
    }
    Ok(())
}

/// `cluster-info`.
pub(super) const CLUSTER_INFO: Verb = Verb {
    name: "cluster-info",
    about: "Display cluster information",
    usage: "",
    run: Run::Once(|args, session| {
        if let Some(word) = args.words.first() {
            return Err(args.usage(format!("unknown command {}", quoted(word))));
        }
        let server = session.context.input.config.server.clone();
        session.out(format!(
            "Kubernetes control plane is running at {server}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"
        ));
        Ok(())
    }),
    ..Verb::NONE
};
