//! Gives the WebAssembly a stack of its own size: without optimisation the page's views need more than the usual 1 MiB.

/// The stack, in bytes.
const STACK_BYTES: u32 = 8 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-bins=-zstack-size={STACK_BYTES}");
    }
}
