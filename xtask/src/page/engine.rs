//! Compiles the engine once more, for speed: `frontend` without its page.
//!
//! It becomes a part of the page that no first view waits for; `static/worker.js` says when it runs.

use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use super::{Build, wasm};
use crate::failure::Failure;
use crate::files::{self, Hash};
use crate::{place, process};

/// Cargo's name for how it is compiled.
const PROFILE: &str = "engine";

/// Compiles and returns the folder with `later/engine.js` and `later/engine_bg.wasm`; a page to debug does without.
pub(super) fn build(kind: Build) -> Result<Option<PathBuf>, Failure> {
    if kind == Build::Debug {
        return Ok(None);
    }
    println!("  compiling the engine for speed");
    let arguments = ["build", "--quiet", "--package", "frontend", "--no-default-features"];
    let arguments = [&arguments[..], &["--target", wasm::TARGET, "--profile", PROFILE]].concat();
    process::run(process::cargo(&arguments).env("CARGO_ENCODED_RUSTFLAGS", wasm::rust_flags()))?;
    let code = place::target().join(wasm::TARGET).join(PROFILE).join("frontend.wasm");
    let out = place::parts().join(PROFILE);
    let inputs = Hash::EMPTY.with(&files::read(&code)?);
    files::unless_fresh(&out.join(".made"), inputs, || bind(&code, &out))?;
    Ok(Some(out))
}

/// Runs wasm-bindgen on the compiled code.
fn bind(code: &Path, out: &Path) -> Result<(), Failure> {
    files::remove_folder(out)?;
    let made = Bindgen::new()
        .input_path(code)
        .out_name("engine")
        .typescript(false)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(out.join("later")));
    made.map_err(|error| Failure::new(format!("cannot write the JavaScript around {}: {error:#}", code.display())))
}
