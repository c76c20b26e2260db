//! Formats with names: what the API asks of names, labels, addresses and times.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/format.go`.

use super::Function;
use super::{conversions, time};
use crate::cel::machine::no_overload;
use crate::cel::val::Val;
use crate::model::names;

/// A format: its name, and what is wrong with a text.
#[derive(Debug)]
pub struct NamedFormat {
    /// `dns1123Label`.
    pub name: &'static str,
    check: fn(&str) -> Vec<String>,
}

const FORMATS: &[NamedFormat] = &[
    NamedFormat { name: "dns1123Label", check: names::dns1123_label },
    NamedFormat { name: "dns1123Subdomain", check: names::dns1123_subdomain },
    NamedFormat { name: "dns1035Label", check: names::dns1035_label },
    NamedFormat { name: "dns1123LabelPrefix", check: |it| names::dns1123_label(&names::mask_trailing_dash(it)) },
    NamedFormat {
        name: "dns1123SubdomainPrefix",
        check: |it| names::dns1123_subdomain(&names::mask_trailing_dash(it)),
    },
    NamedFormat { name: "dns1035LabelPrefix", check: |it| names::dns1035_label(&names::mask_trailing_dash(it)) },
    NamedFormat { name: "qualifiedName", check: names::label_key },
    NamedFormat { name: "labelValue", check: names::label_value },
    NamedFormat { name: "uri", check: |it| found(it.contains(':') && !it.contains(' '), "invalid URI") },
    NamedFormat { name: "uuid", check: |it| found(is_uuid(it), "does not match the UUID format") },
    NamedFormat { name: "byte", check: |it| found(conversions::from_base64(it).is_some(), "invalid base64") },
    NamedFormat { name: "date", check: |it| found(is_date(it), "invalid date") },
    NamedFormat { name: "datetime", check: |it| found(time::timestamp(it).is_some(), "invalid datetime") },
];

macro_rules! format_functions {
    ($($name:literal => $index:literal),+ $(,)?) => {
        pub(super) const FUNCTIONS: &[Function] = &[
            $(Function::new(concat!("format.", $name), &["() NamedFormat"], |_, _| Ok(Val::Format(&FORMATS[$index]))),)+
            Function::new("format.named", &["(string) optional(NamedFormat)"], |_, it| match it {
                [Val::Text(name)] => {
                    Ok(Val::optional(FORMATS.iter().find(|it| it.name == name.as_str()).map(Val::Format)))
                }
                _ => no_overload(),
            }),
            Function::new("validate", &["NamedFormat.(string) optional(list(string))"], |machine, it| match it {
                [Val::Format(format), Val::Text(text)] => {
                    machine.charge_text(text.len())?;
                    let wrong = (format.check)(text);
                    let wrong: Vec<Val> = wrong.iter().map(|it| Val::text(it)).collect();
                    Ok(Val::optional((!wrong.is_empty()).then(|| Val::list(wrong))))
                }
                _ => no_overload(),
            }),
        ];
    };
}

format_functions! {
    "dns1123Label" => 0,
    "dns1123Subdomain" => 1,
    "dns1035Label" => 2,
    "dns1123LabelPrefix" => 3,
    "dns1123SubdomainPrefix" => 4,
    "dns1035LabelPrefix" => 5,
    "qualifiedName" => 6,
    "labelValue" => 7,
    "uri" => 8,
    "uuid" => 9,
    "byte" => 10,
    "date" => 11,
    "datetime" => 12,
}

fn found(right: bool, otherwise: &str) -> Vec<String> {
    if right { Vec::new() } else { vec![otherwise.to_owned()] }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|it| it.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && time::timestamp(&format!("{text}T00:00:00Z")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_function() {
        for (format, function) in FORMATS.iter().zip(FUNCTIONS) {
            assert_eq!(format!("format.{}", format.name), function.name);
        }
    }
}
