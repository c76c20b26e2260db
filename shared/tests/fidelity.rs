//! The documentation says of each kind how true to Kubernetes it is. `UPDATE_EXPECT=1` rewrites the table.
#![cfg(feature = "every-kind")]

#[cfg(test)]
mod tests {
    use shared::api::resources::fidelity_table;
    use std::path::Path;
    use std::{env, fs};

    const HEAD: &str = "## How true each kind is\n\n";

    #[test]
    fn the_table_of_the_documentation_is_true() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
        let text = fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(HEAD).unwrap();
        let (table, after) = rest.split_at(rest.find("## ").unwrap());
        let wanted = format!("{}\n", fidelity_table());
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(path, format!("{before}{HEAD}{wanted}{after}")).unwrap();
        } else {
            assert_eq!(table, wanted, "UPDATE_EXPECT=1 rewrites it");
        }
    }
}
