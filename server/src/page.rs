//! The page, as files inside the binary, over HTTP.
//!
//! Knows nothing of clusters. `build.rs` makes the table of files; `cargo xtask serve` fills it.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;

/// Files by name, such as `assets/7f3a/app.js`; compressed twins end in `.br` and `.gz` and are sent as they are.
type Files = &'static [(&'static str, &'static [u8])];

/// The files of a page, sorted by name.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    files: Files,
}

/// What the browser may load: this host's files, and WebAssembly. Styles in markup are the editor's.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Headers of every answer.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// What a binary without a page says.
const NO_PAGE: &str = "<!doctype html><html lang=\"en\"><title>Pilothouse</title>\
    <h1>This pilothouse was built without its page</h1>\
    <p>Build it with <code>cargo xtask serve</code>, which builds the page first.</p></html>";

/// Compressed twins: the name of the encoding, and the ending of the twin's name, best first.
const ENCODINGS: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];

impl Page {
    /// The page that was there when the binary was built.
    pub(crate) const EMBEDDED: Self = Self { files: include!(concat!(env!("OUT_DIR"), "/page_files.rs")) };

    /// True if the page has a file `name`.
    pub(crate) fn has(self, name: &str) -> bool {
        self.file(name).is_some()
    }

    /// The content of the file `name`.
    fn file(self, name: &str) -> Option<&'static [u8]> {
        let index = self.files.binary_search_by_key(&name, |(name, _)| name).ok()?;
        self.files.get(index).map(|(_, bytes)| *bytes)
    }
}

/// Answers every request with a file of the page.
pub(crate) fn router(page: Page) -> Router {
    let routes = Router::new().fallback(get(answer)).with_state(page);
    HEADERS.iter().fold(routes, |routes, (name, value)| {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        routes.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

/// The answer to a request for one file.
async fn answer(State(page): State<Page>, uri: Uri, headers: HeaderMap) -> Response {
    if page.files.is_empty() {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NO_PAGE)).into_response();
    }
    let name = file_name(uri.path());
    match page.file(name) {
        Some(bytes) => found(page, name, bytes, &headers),
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}

/// The name of the file that a path asks for; `/` asks for the page itself.
fn file_name(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    }
}

/// The file, compressed if there is a twin that the browser takes.
fn found(page: Page, name: &str, bytes: &'static [u8], headers: &HeaderMap) -> Response {
    let mut response = Response::new(Body::from(bytes));
    for (encoding, ending) in ENCODINGS.iter().filter(|(encoding, _)| accepts(headers, encoding)) {
        if let Some(twin) = page.file(&format!("{name}{ending}")) {
            response = Response::new(Body::from(twin));
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            break;
        }
    }
    let own = response.headers_mut();
    own.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    own.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control(name)));
    own.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// Whether the browser takes `encoding`; one with quality 0 is refused.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let listed = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next() == Some(encoding);
        let quality = parts.find_map(|part| part.strip_prefix("q=")).unwrap_or("1");
        named && quality.parse::<f32>().is_ok_and(|quality| quality > 0.0)
    })
}

/// How long a browser may keep a file: those in the version folder for ever, the others only if unchanged.
fn cache_control(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// The media type that a file's ending stands for.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" | "md" | "yaml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use axum::http::Request;
    use expect_test::{Expect, expect};
    use tower::ServiceExt as _;

    const PAGE: Page = Page {
        files: &[
            ("assets/7f/app_bg.wasm", b"code"),
            ("assets/7f/app_bg.wasm.br", b"br"),
            ("assets/7f/app_bg.wasm.gz", b"gz"),
            ("index.html", b"<!doctype html>"),
            ("sw.js", b"// worker"),
        ],
    };

    /// Asks for `path` and compares status, the headers that differ between files, and the body.
    async fn check(page: Page, path: &str, encodings: &str, expected: &Expect) {
        let request =
            Request::get(path).header(ACCEPT_ENCODING, encodings).body(Body::empty()).expect("the request is right");
        let response = router(page).oneshot(request).await.expect("the router answers");
        let mut text = response.status().as_str().to_owned();
        for name in [CONTENT_TYPE, CONTENT_ENCODING, CACHE_CONTROL] {
            let value = response.headers().get(name).map_or("-", |value| value.to_str().expect("headers are text"));
            text = format!("{text} | {value}");
        }
        let body = to_bytes(response.into_body(), 1000).await.expect("the body is short");
        expected.assert_eq(&format!("{text} | {}", String::from_utf8_lossy(&body)));
    }

    #[tokio::test]
    async fn files_have_their_type_and_life() {
        check(PAGE, "/", "", &expect!["200 | text/html; charset=utf-8 | - | no-cache | <!doctype html>"]).await;
        check(PAGE, "/sw.js", "", &expect!["200 | text/javascript; charset=utf-8 | - | no-cache | // worker"]).await;
        check(
            PAGE,
            "/assets/7f/app_bg.wasm",
            "",
            &expect!["200 | application/wasm | - | public, max-age=31536000, immutable | code"],
        )
        .await;
        check(
            PAGE,
            "/../Cargo.toml",
            "",
            &expect![[r"
            404 | text/plain; charset=utf-8 | - | - | there is no such file
        "]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_best_twin_is_sent() {
        check(
            PAGE,
            "/assets/7f/app_bg.wasm",
            "gzip, deflate, br",
            &expect!["200 | application/wasm | br | public, max-age=31536000, immutable | br"],
        )
        .await;
        check(
            PAGE,
            "/assets/7f/app_bg.wasm",
            "br;q=0, gzip; q=0.5",
            &expect!["200 | application/wasm | gzip | public, max-age=31536000, immutable | gz"],
        )
        .await;
    }

    #[tokio::test]
    async fn without_a_page_it_says_how_to_get_one() {
        let request = Request::get("/").body(Body::empty()).expect("the request is right");
        let response = router(Page { files: &[] }).oneshot(request).await.expect("the router answers");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(response.into_body(), 1000).await.expect("the body is short");
        assert!(String::from_utf8_lossy(&body).contains("cargo xtask serve"));
    }

    #[test]
    fn the_page_itself_asks_for_the_same_policy() {
        let markup = include_str!("../../static/index.html");
        let own = CONTENT_POLICY.strip_suffix("; frame-ancestors 'self'").expect("only a header can say the last part");
        assert!(markup.contains(&format!("content=\"{own}\"")), "static/index.html and CONTENT_POLICY differ");
    }

    #[tokio::test]
    async fn every_answer_has_the_policy() {
        for path in ["/", "/no-such-file"] {
            let request = Request::get(path).body(Body::empty()).expect("the request is right");
            let response = router(PAGE).oneshot(request).await.expect("the router answers");
            let policy = response.headers()["content-security-policy"].to_str().expect("headers are text");
            assert!(policy.contains("'wasm-unsafe-eval'") && !policy.contains("http"), "{policy}");
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        }
    }
}
