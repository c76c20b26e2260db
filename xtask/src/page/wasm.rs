//! Compiles `frontend` to WebAssembly and writes the JavaScript around it.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use super::Build;
use crate::failure::Failure;
use crate::files::{self, Hash};
use crate::{place, process};

/// The target that browsers run.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles and returns the folder with `app.js`, `app_bg.wasm` and what comes after the first view.
pub(super) fn build(kind: Build) -> Result<PathBuf, Failure> {
    install_target()?;
    let profile = profile(kind);
    let arguments = ["rustc", "--quiet", "--package", "frontend", "--bin", "frontend", "--target", TARGET];
    let arguments = [&arguments[..], &["--profile", profile, "--", "-Clink-arg=--emit-relocs"]].concat();
    process::run(process::cargo(&arguments).env("CARGO_ENCODED_RUSTFLAGS", rust_flags()))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let code = place::target().join(TARGET).join(folder).join("frontend.wasm");
    let out = place::parts().join(format!("code-{folder}"));
    let inputs = Hash::EMPTY.with(&files::read(&code)?);
    files::unless_fresh(&out.join(".made"), inputs, || bind(&code, &out, kind))?;
    Ok(out)
}

/// Cargo's name for how the page is compiled.
fn profile(kind: Build) -> &'static str {
    match kind {
        Build::Published => "wasm",
        Build::Debug => "dev",
    }
}

/// Leptos' own switch: views of one type instead of a type each, which makes the page smaller.
const ERASED_VIEWS: &str = "--cfg=erase_components";

/// Compiler flags, with cargo's separator: folders of this machine do not get into the page, so that every machine
/// makes the same one.
pub(super) fn rust_flags() -> String {
    let root = place::root();
    let crates = place::cargo_home().join("registry").join("src");
    let folders = [(crates, "crates"), (root, "pilothouse")];
    let remapped = folders.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    remapped.into_iter().chain([ERASED_VIEWS.to_owned()]).collect::<Vec<_>>().join("\x1f")
}

/// Asks rustup for the WebAssembly target unless the toolchain has it.
pub(crate) fn install_target() -> Result<(), Failure> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(place::root()))?;
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    println!("  installing the Rust target {TARGET}");
    process::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(place::root()))
}

/// Splits the compiled code and runs wasm-bindgen on the part that the page starts with.
///
/// What only the functions marked `wasm_split` need becomes `split_NAME.wasm` and `chunk_NUMBER.wasm`, which `parts.js`
/// loads. The default module path stays: `app.js` finds `app_bg.wasm` beside itself when nobody hands it a module.
fn bind(code: &Path, out: &Path, kind: Build) -> Result<(), Failure> {
    files::remove_folder(out)?;
    let first = split(code, out)?;
    let made = Bindgen::new()
        .input_path(first)
        .out_name("app")
        .typescript(false)
        .omit_default_module_path(false)
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(kind == Build::Published)
        .remove_producers_section(kind == Build::Published)
        .web(true)
        .and_then(|bindgen| bindgen.generate(out));
    made.map_err(|error| Failure::new(format!("cannot write the JavaScript around {}: {error:#}", code.display())))
}

/// Takes the compiled code apart, writes the later parts to `out`, and returns the path of the first.
fn split(code: &Path, out: &Path) -> Result<PathBuf, Failure> {
    let whole = files::read(code)?;
    let first = code.with_file_name("first.wasm");
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = out;
    options.main_out_path = &first;
    options.main_module = "./app.js";
    options.link_name = "./parts.js";
    wasm_split_cli_support::transform(options)
        .map_err(|error| Failure::new(format!("cannot take {} apart: {error:#}", code.display())))?;
    Ok(first)
}
