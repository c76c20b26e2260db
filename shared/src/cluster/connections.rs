//! Connections to ports of pods: what the API server passes on to the kubelet for `portforward`.
//!
//! Upstream: `pkg/registry/core/pod/strategy.go` (`PortForwardLocation`), `pkg/kubelet/kubelet_pods.go` (`GetPortForward`).

use crate::api::{Request, Status};
use crate::cluster::Cluster;
use crate::model::key::resources::PODS;
use crate::model::{Key, Object, Text};
use crate::sim::{Listener, WebAnswer, WebRequest};
use smol_str::format_smolstr;

impl Cluster {
    /// Whether ports of a pod can be forwarded.
    ///
    /// # Errors
    /// There is no such pod, or it has no node, or the node cannot be reached, or the request is refused.
    pub fn may_forward(&mut self, request: &Request) -> Result<(), Status> {
        self.api.check(request)?;
        let pod = Key::new(PODS, request.target.namespace.clone(), request.target.name.clone());
        let object = self.store().get(&pod).ok_or_else(|| Status::not_found(&pod))?;
        let node = object.at("spec.nodeName").str();
        if node.is_empty() {
            return Err(Status::bad_request(format!("pod {} does not have a host assigned", pod.name)));
        }
        let reached = self.nodes.named(node).is_some_and(|it| !it.machine.is_lost());
        if reached {
            Ok(())
        } else {
            Err(Status::internal(format!("error dialing backend: node {node} cannot be reached")))
        }
    }

    /// Who listens on a port of a pod, as who connects from inside of the pod finds it.
    ///
    /// # Errors
    /// Nobody, or there is no such pod any more; in the runtime's words.
    pub fn dial(&self, pod: &Key, port: u16) -> Result<Listener, Text> {
        let object = self.store().get(pod);
        let uid = object.map(Object::uid).unwrap_or_default();
        let node = object.and_then(|it| self.nodes.named(it.at("spec.nodeName").str()));
        let found = node.and_then(|it| it.machine.listener(&uid, port, self.now()));
        found.ok_or_else(|| refused(&uid, port))
    }

    /// What the web server on a port of a pod answers to a request; `None` if nobody listens there any more.
    pub fn fetch(&mut self, pod: &Key, port: u16, request: WebRequest<'_>) -> Option<WebAnswer> {
        let object = self.store().get(pod)?;
        let (uid, node, now) = (object.uid(), object.at("spec.nodeName").text(), self.now());
        let (_, node) = self.nodes.named_mut(&node)?;
        node.machine.fetch(&uid, port, request, now)
    }
}

/// The words of the kubelet and of containerd; the sandbox goes by the pod's uid here.
fn refused(sandbox: &str, port: u16) -> Text {
    format_smolstr!(
        "error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \
         \"/var/run/netns/cni-{sandbox}\": failed to connect to localhost:{port} inside namespace \"{sandbox}\", IPv4: dial \
         tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found "
    )
}
