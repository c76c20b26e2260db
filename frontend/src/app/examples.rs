//! Runs to start from.

use crate::i18n::Words;
use crate::icons::Icon;
use shared::playground::protocol::Document;
use shared::trace::SourceFile;

/// The seed of every example.
const SEED: u64 = 42;

/// An example.
#[derive(Debug)]
pub struct Example {
    /// What it is called.
    pub title: fn(&'static Words) -> &'static str,
    /// One word for what it is about.
    pub tag: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// Its files: names and texts.
    pub files: &'static [(&'static str, &'static str)],
}

impl Example {
    /// The run that it starts.
    pub fn document(&self, title: &str) -> Document {
        let file =
            |(name, text): &(&'static str, &'static str)| SourceFile { name: (*name).into(), text: (*text).into() };
        Document {
            title: title.into(),
            files: self.files.iter().map(file).collect(),
            seed: SEED,
            ..Document::default()
        }
    }
}

macro_rules! example {
    ($title:ident, $tag:literal, $icon:ident, [$($file:literal),+]) => {
        Example {
            title: |words| words.$title,
            tag: $tag,
            icon: Icon::$icon,
            files: &[$(($file, include_str!(concat!("../../../static/examples/", $tag, "/", $file)))),+],
        }
    };
}

/// All of them; the first is what the page opens with.
pub const EXAMPLES: &[Example] = &[
    example!(ex_rolling, "rolling", Deployment, ["deployment.yaml"]),
    example!(ex_stuck, "stuck", Deployment, ["deployment.yaml"]),
    example!(ex_crash, "crash", Pod, ["pod.yaml"]),
    example!(ex_config, "config", Config, ["settings.yaml", "pod.yaml"]),
    example!(ex_probes, "probes", Pod, ["deployment.yaml"]),
    example!(ex_init, "init", Pod, ["pod.yaml"]),
    example!(ex_place, "placement", Scheduler, ["pods.yaml"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_files_with_kinds() {
        for example in EXAMPLES {
            let run = example.document("x");
            assert!(
                !run.files.is_empty() && run.files.iter().all(|file| file.text.contains("kind: ")),
                "{}",
                example.tag
            );
        }
    }
}
