//! Where a webhook is: a URL, or a service of the cluster.
//!
//! Upstream: `k8s.io/apiserver/pkg/util/webhook/client.go`, `k8s.io/apiserver/pkg/util/proxy/proxy.go` (`ResolveEndpoint`,
//! and of `ResolveCluster` what it does with external names).
//! `DIFFERENCE`: pods of simulated nodes have no network, so that a service in front of them cannot be called.

use hyper::Uri;
use shared::model::key::resources::SERVICES;
use shared::model::{Key, Object, ResourceName, Text, Value};
use shared::store::Store;

const SLICES: ResourceName = ResourceName::of("endpointslices.discovery.k8s.io");
/// The port of a service that a configuration does not name.
const PORT_DEFAULT: i64 = 443;

/// Where to connect to, and as whom the other side must show itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// `hooks.default.svc:443`.
    pub(super) authority: String,
    /// `hooks.default.svc`.
    pub(super) server_name: String,
    /// `/mutate`.
    pub(super) path: String,
    /// Hosts and ports, one of which is to be connected to.
    pub(super) at: Vec<(String, u16)>,
}

impl Place {
    /// The URL as messages tell it.
    pub(super) fn url(client: &Value, timeout_seconds: u64) -> String {
        let place = match client.get("url").as_str() {
            Some(url) => url.to_owned(),
            None => format!("https://{}{}", authority(client.get("service")), path(client.get("service"))),
        };
        format!("{place}?timeout={timeout_seconds}s")
    }

    /// Where `clientConfig` leads to, by what is stored.
    ///
    /// # Errors
    /// Nowhere.
    pub(super) fn of(client: &Value, store: &Store) -> Result<Self, String> {
        match client.get("url").as_str() {
            Some(url) => Self::of_url(url),
            None => Self::of_service(client.get("service"), store),
        }
    }

    fn of_url(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|it| format!("{it}"))?;
        let host = uri.host().filter(|_| uri.scheme_str() == Some("https")).ok_or("the URL is none of https")?;
        let server_name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(443);
        let path = if uri.path().is_empty() { "/" } else { uri.path() }.to_owned();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        Ok(Self { authority, at: vec![(server_name.clone(), port)], server_name, path })
    }

    fn of_service(reference: &Value, store: &Store) -> Result<Self, String> {
        let (namespace, name) = (reference.get("namespace").text(), reference.get("name").text());
        let service = store
            .get(&Key::new(SERVICES, namespace.clone(), name.clone()))
            .ok_or_else(|| format!("service \"{name}\" not found"))?;
        let port = reference.get("port").int_or(PORT_DEFAULT);
        let at = if service.at("spec.type").str() == "ExternalName" {
            vec![(service.at("spec.externalName").str().to_owned(), u16::try_from(port).unwrap_or_default())]
        } else {
            endpoints(service, port, store)?
        };
        let server_name = format!("{name}.{namespace}.svc");
        Ok(Self { authority: authority(reference), server_name, path: path(reference), at })
    }
}

fn authority(service: &Value) -> String {
    let (namespace, name) = (service.get("namespace").str(), service.get("name").str());
    format!("{name}.{namespace}.svc:{}", service.get("port").int_or(PORT_DEFAULT))
}

fn path(service: &Value) -> String {
    match service.get("path").str() {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

/// The ready endpoints of a service that this machine can reach.
fn endpoints(service: &Object, port: i64, store: &Store) -> Result<Vec<(String, u16)>, String> {
    let name = service.name();
    let ports = service.at("spec.ports").items();
    let found = ports.iter().find(|it| it.get("port").as_int() == Some(port));
    let port_name = found.ok_or_else(|| format!("no service port {port} found for service \"{name}\""))?.get("name");
    let is_own = |it: &&Object| it.label("kubernetes.io/service-name") == Some(name.as_str());
    let (mut reachable, mut any) = (Vec::new(), false);
    for slice in store.list_in(&SLICES, &service.namespace()).filter(is_own) {
        let of_port = slice.get("ports").items().iter().find(|it| it.get("name").str() == port_name.str());
        let Some(port) = of_port.and_then(|it| u16::try_from(it.get("port").int_or(0)).ok()) else { continue };
        for endpoint in slice.get("endpoints").items().iter().filter(|it| is_ready(it)) {
            any = true;
            if endpoint.at("targetRef.kind").str() != "Pod" {
                let addresses = endpoint.get("addresses").items().iter().map(Value::text);
                reachable.extend(addresses.map(|it: Text| (it.to_string(), port)));
            }
        }
    }
    match (reachable.is_empty(), any) {
        (false, _) => Ok(reachable),
        (true, true) => Err(format!(
            "the endpoints of service \"{name}\" are pods of simulated nodes, which have no network; clientConfig.url reaches a program beside the cluster"
        )),
        (true, false) => Err(format!("no endpoints available for service \"{name}\"")),
    }
}

fn is_ready(endpoint: &Value) -> bool {
    endpoint.at("conditions.ready").as_bool() != Some(false)
}
