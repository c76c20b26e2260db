//! The descriptions of the kinds that the page does without: one line here per kind.

mod autoscaler;
mod batch;
mod classes;
mod policy;
mod storage;

use crate::kubectl::describe::{Describer, workloads};

/// The describer of a kind, by `kind.group`; `None` for what has none of its own.
pub(super) fn describer(label: &str) -> Option<Describer> {
    Some(match label {
        "replicationcontroller" => workloads::replication_controller,
        "job.batch" => batch::job,
        "cronjob.batch" => batch::cron_job,
        "horizontalpodautoscaler.autoscaling" => autoscaler::write,
        "poddisruptionbudget.policy" => policy::budget,
        "resourcequota" => policy::quota,
        "limitrange" => policy::limit_range,
        "endpoints" => policy::endpoints,
        "persistentvolumeclaim" => storage::claim,
        "persistentvolume" => storage::volume,
        "endpointslice.discovery.k8s.io" => classes::endpoint_slice,
        "storageclass.storage.k8s.io" => classes::storage_class,
        "priorityclass.scheduling.k8s.io" => classes::priority_class,
        _ => return None,
    })
}
