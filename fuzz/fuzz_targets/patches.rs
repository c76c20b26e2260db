//! JSON patch, merge patch and strategic merge patch of a Deployment: the first byte says which, the rest is the patch.
#![no_main]

mod common;
mod patching;

use libfuzzer_sys::fuzz_target;
use shared::api::PatchKind;
use shared::model::Value;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let Some(patch) = std::str::from_utf8(rest).ok().and_then(|it| Value::from_json(it).ok()) else { return };
    let kind = [PatchKind::Json, PatchKind::Merge, PatchKind::StrategicMerge][usize::from(first % 3)];
    let mut api = common::api();
    let once = patching::patch(&mut api, kind, patch.clone(), false);
    if kind == PatchKind::Merge && let Some(once) = once.as_object() {
        // What a merge patch says holds after it; so a second time changes nothing.
        let once = once.at("spec").clone();
        let twice = patching::patch(&mut api, kind, patch, false);
        let twice = twice.as_object().map(|it| it.at("spec").clone());
        assert!(twice.is_none_or(|it| it == once));
    }
});
