//! `kubectl create service` and `kubectl expose`.
//!
//! Upstream: `create_service.go`, `pkg/cmd/expose/expose.go`.

use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, each, list, number, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args;
use crate::kubectl::session::Session;
use crate::kubectl::verbs::create::{COMMON, create, labels, one_name, require};
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{IntOrString, Object, Value};

const PORTS: &[Flag] = &[list("tcp"), number("node-port", "0"), text("clusterip"), text("external-name")];

const USAGE: &str = "NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]";

/// `create service clusterip`.
pub(in crate::kubectl::verbs) const CLUSTER_IP: Verb = Verb {
    name: "create service clusterip",
    about: "Create a ClusterIP service",
    usage: USAGE,
    flags: &[PORTS, COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(|args, session| typed(args, session, "ClusterIP")),
    ..Verb::NONE
};
/// `create service nodeport`.
pub(in crate::kubectl::verbs) const NODE_PORT: Verb = Verb {
    name: "create service nodeport",
    about: "Create a NodePort service",
    run: Run::Once(|args, session| typed(args, session, "NodePort")),
    ..CLUSTER_IP
};
/// `create service loadbalancer`.
pub(in crate::kubectl::verbs) const LOAD_BALANCER: Verb = Verb {
    name: "create service loadbalancer",
    about: "Create a LoadBalancer service",
    run: Run::Once(|args, session| typed(args, session, "LoadBalancer")),
    ..CLUSTER_IP
};
/// `create service externalname`.
pub(in crate::kubectl::verbs) const EXTERNAL_NAME: Verb = Verb {
    name: "create service externalname",
    about: "Create an ExternalName service",
    run: Run::Once(|args, session| typed(args, session, "ExternalName")),
    ..CLUSTER_IP
};

fn typed(args: &Args, session: &mut Session<'_>, kind: &str) -> Result<(), Failure> {
    let name = one_name(args)?;
    let mut object = Object::new("v1", "Service", "", &name);
    object.set("metadata.labels", Value::from([("app", name.as_str().into())]));
    let mut spec = Value::from([("type", kind.into()), ("selector", Value::from([("app", name.as_str().into())]))]);
    let ports = ports(args)?;
    let headless = args.get("clusterip") == "None";
    if ports.is_empty() && !headless && kind != "ExternalName" {
        return Err(Failure::text("at least one tcp port specifier must be provided"));
    }
    if !ports.is_empty() {
        spec.set("ports", ports);
    }
    if args.has("clusterip") {
        spec.set("clusterIP", args.get("clusterip"));
    }
    if kind == "ExternalName" {
        require(args, "external-name")?;
        spec.set("externalName", args.get("external-name"));
    }
    object.set("spec", spec);
    object.set("status", Value::from([("loadBalancer", Value::map())]));
    create(session, args, object)
}

fn ports(args: &Args) -> Result<Vec<Value>, Failure> {
    let node_port = args.number("node-port");
    let one = |word: &&str| {
        let (port, target) = word.split_once(':').unwrap_or((word, word));
        let number = port.parse::<u16>().map_err(|_| Failure::text(format!("invalid port: {}", quoted(port))))?;
        let mut value = Value::from([
            ("name", word.replace(':', "-").into()),
            ("port", number.into()),
            ("protocol", "TCP".into()),
            ("targetPort", IntOrString::parse(target).to_value()),
        ]);
        if node_port != 0 {
            value.set("nodePort", node_port);
        }
        Ok(value)
    };
    args.all("tcp").iter().map(one).collect()
}

const EXPOSE_FLAGS: &[Flag] = &[
    text("port"),
    text("target-port"),
    text("protocol"),
    text("type"),
    text("name"),
    text("labels").or('l'),
    text("selector"),
    text("external-ip"),
    text("load-balancer-ip"),
    text("cluster-ip"),
    text("session-affinity"),
    each("overrides"),
    text("field-manager").default("kubectl-expose"),
];

/// `expose`.
pub(in crate::kubectl::verbs) const EXPOSE: Verb = Verb {
    name: "expose",
    about: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    usage: "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
    flags: &[EXPOSE_FLAGS, FILES, OUTPUT, DRY_RUN],
    run: Run::Once(expose),
    ..Verb::NONE
};

fn expose(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let found = {
        let mut plain = args.clone();
        plain.forget("selector");
        resource_args::objects(session, &plain, &args.words)?
    };
    for item in found {
        let selector = match args.get("selector") {
            "" => selector_of(&item.object)?,
            given => labels(&[given])?,
        };
        let object = exposed(args, &item.object, selector)?;
        let kind = session.kinds().of(&object, "")?;
        let object = if trial == Trial::Client {
            object
        } else {
            let options = crate::api::Options {
                dry_run: trial.option(),
                field_manager: args.get("field-manager").into(),
                ..Default::default()
            };
            session.create(&kind, &object, options)?
        };
        report(session, args, &format, &object, "exposed", trial);
    }
    Ok(())
}

/// The labels by which a Service finds the pods of `object`.
fn selector_of(object: &Object) -> Result<Value, Failure> {
    let kind = object.kind();
    let selector = match kind {
        "Deployment" | "ReplicaSet" => object.at("spec.selector.matchLabels"),
        "ReplicationController" | "Service" => object.at("spec.selector"),
        "Pod" => object.at("metadata.labels"),
        _ => return Err(Failure::text(format!("cannot expose a {kind}"))),
    };
    if kind == "Pod" && selector.is_empty() {
        return Err(Failure::text(
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        ));
    }
    if selector.is_empty() {
        return Err(Failure::text(
            "couldn't retrieve selectors via --selector flag or introspection: invalid deployment: no selectors, therefore cannot be exposed",
        ));
    }
    Ok(selector.clone())
}

fn exposed(args: &Args, of: &Object, selector: Value) -> Result<Object, Failure> {
    let name = match args.get("name") {
        "" => of.name().to_string(),
        given => given.to_owned(),
    };
    let mut service = Object::new("v1", "Service", &of.namespace(), &name);
    let own = of.at("metadata.labels");
    let marks = if args.has("labels") { labels(&[args.get("labels")])? } else { own.clone() };
    if !marks.is_empty() {
        service.set("metadata.labels", marks);
    }
    let mut spec = Value::from([("selector", selector), ("ports", service_ports(args, of)?.into())]);
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("session-affinity", "sessionAffinity"),
        ("load-balancer-ip", "loadBalancerIP"),
    ] {
        if args.has(flag) {
            spec.set(field, args.get(flag));
        }
    }
    if args.has("external-ip") {
        spec.set("externalIPs", vec![Value::from(args.get("external-ip"))]);
    }
    service.set("spec", spec);
    service.set("status", Value::from([("loadBalancer", Value::map())]));
    Ok(service)
}

fn service_ports(args: &Args, of: &Object) -> Result<Vec<Value>, Failure> {
    let ports: Vec<(i64, String)> = match args.get("port") {
        "" => own_ports(of),
        given => {
            let number = |it: &str| {
                it.parse().map_err(|_| Failure::text(format!("strconv.Atoi: parsing {}: invalid syntax", quoted(it))))
            };
            given.split(',').map(|it| number(it).map(|port| (port, "TCP".to_owned()))).collect::<Result<_, _>>()?
        }
    };
    if ports.is_empty() {
        return Err(Failure::text("couldn't find port via --port flag or introspection"));
    }
    let several = ports.len() > 1;
    let one = |(index, (port, protocol)): (usize, (i64, String))| {
        let target = match args.get("target-port") {
            "" => Value::from(port),
            given => IntOrString::parse(given).to_value(),
        };
        let protocol = if args.has("protocol") { args.get("protocol").to_owned() } else { protocol };
        let mut value = Value::from([("port", port.into()), ("protocol", protocol.into()), ("targetPort", target)]);
        if several {
            value.set("name", format!("port-{}", index + 1));
        }
        value
    };
    Ok(ports.into_iter().enumerate().map(one).collect())
}

fn own_ports(of: &Object) -> Vec<(i64, String)> {
    if of.kind() == "Service" {
        let ports = of.at("spec.ports").items();
        return ports.iter().map(|it| (it.get("port").int_or(0), it.get("protocol").str().to_owned())).collect();
    }
    let spec = if of.kind() == "Pod" { of.at("spec") } else { of.at("spec.template.spec") };
    let ports = spec.get("containers").items().iter().flat_map(|it| it.get("ports").items());
    ports.map(|it| (it.get("containerPort").int_or(0), it.get("protocol").str().to_owned())).collect()
}
