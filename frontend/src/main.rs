//! The WebAssembly that both the page and its worker run; see [`frontend::start`].

fn main() {
    frontend::start();
}
