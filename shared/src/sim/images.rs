//! The images that can be pulled: names, tags, sizes, layers, and what their processes do.
//!
//! Sizes are those of the public registries for linux/amd64, as a kubelet reports them.

use crate::kubelet::images::full_name;
use crate::kubelet::runtime::ImageInfo;
use crate::model::{Fnv, Text};
use smol_str::format_smolstr;
use std::collections::BTreeMap;

/// What a container's process does when nothing else is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// nginx: serves on port 80.
    Nginx,
    /// Apache httpd: serves on port 80.
    Httpd,
    /// Redis: serves on port 6379.
    Redis,
    /// A database or other server on one port, without HTTP.
    Server(u16),
    /// A web application on one port that answers every path with 200.
    Web(u16),
    /// The test image of Kubernetes with its subcommands.
    Agnhost,
    /// A shell that ends at once without a terminal.
    Shell,
    /// `stress`: uses as much memory as its arguments say.
    Stress,
    /// Stays up until it is killed.
    Idle,
}

/// One repository.
#[derive(Clone, Copy, Debug)]
struct Repository {
    /// `docker.io/library/nginx`.
    name: &'static str,
    /// Of a usual tag, in bytes.
    size: i64,
    /// Of an `-alpine` or `-slim` tag; 0 where there is none.
    small: i64,
    behaviour: Behaviour,
    /// Major versions, each with its first and last minor.
    versions: &'static [(u32, u32, u32)],
}

/// The known images, those added to them, and a rule for all others.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Size in bytes and behaviour by path: `docker.io/team/app`.
    added: BTreeMap<Text, (i64, Behaviour)>,
}

/// An image as a registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What the kubelet is told.
    pub info: ImageInfo,
    /// Names and sizes in bytes, the base first.
    pub layers: Vec<(Text, i64)>,
    /// What its process does.
    pub behaviour: Behaviour,
}

const fn repo(
    name: &'static str,
    size: i64,
    small: i64,
    behaviour: Behaviour,
    versions: &'static [(u32, u32, u32)],
) -> Repository {
    Repository { name, size, small, behaviour, versions }
}

/// The known repositories.
const REPOSITORIES: &[Repository] = &[
    repo("docker.io/library/nginx", 72_950_530, 20_534_123, Behaviour::Nginx, &[(1, 7, 29)]),
    repo("docker.io/library/httpd", 58_226_410, 27_211_862, Behaviour::Httpd, &[(2, 2, 4)]),
    repo("docker.io/library/busybox", 2_219_512, 0, Behaviour::Shell, &[(1, 24, 37)]),
    repo("docker.io/library/alpine", 3_806_774, 0, Behaviour::Shell, &[(2, 6, 7), (3, 1, 23)]),
    repo(
        "docker.io/library/debian",
        48_497_180,
        28_230_142,
        Behaviour::Shell,
        &[(8, 0, 11), (11, 0, 11), (12, 0, 12), (13, 0, 2)],
    ),
    repo(
        "docker.io/library/ubuntu",
        29_723_384,
        0,
        Behaviour::Shell,
        &[(14, 4, 4), (16, 4, 4), (18, 4, 4), (20, 4, 4), (22, 4, 4), (24, 4, 10), (25, 4, 10)],
    ),
    repo(
        "docker.io/library/redis",
        46_241_937,
        17_166_092,
        Behaviour::Redis,
        &[(3, 0, 2), (4, 0, 0), (5, 0, 0), (6, 0, 2), (7, 0, 4), (8, 0, 4)],
    ),
    repo("docker.io/library/mysql", 171_434_962, 0, Behaviour::Server(3306), &[(5, 5, 7), (8, 0, 4), (9, 0, 5)]),
    repo("docker.io/library/mariadb", 121_866_201, 0, Behaviour::Server(3306), &[(10, 0, 11), (11, 0, 8), (12, 0, 1)]),
    repo(
        "docker.io/library/postgres",
        160_302_944,
        109_733_207,
        Behaviour::Server(5432),
        &[
            (9, 0, 6),
            (10, 0, 23),
            (11, 0, 22),
            (12, 0, 22),
            (13, 0, 22),
            (14, 0, 19),
            (15, 0, 14),
            (16, 0, 10),
            (17, 0, 6),
            (18, 0, 1),
        ],
    ),
    repo(
        "docker.io/library/mongo",
        282_461_023,
        0,
        Behaviour::Server(27017),
        &[(3, 0, 6), (4, 0, 4), (5, 0, 0), (6, 0, 0), (7, 0, 0), (8, 0, 2)],
    ),
    repo("docker.io/library/memcached", 33_087_514, 3_862_411, Behaviour::Server(11211), &[(1, 4, 6)]),
    repo("docker.io/library/wordpress", 245_117_306, 0, Behaviour::Web(80), &[(4, 0, 9), (5, 0, 9), (6, 0, 8)]),
    repo("docker.io/library/perl", 340_712_338, 55_004_120, Behaviour::Shell, &[(5, 26, 42)]),
    repo("docker.io/library/python", 373_905_115, 45_507_872, Behaviour::Shell, &[(2, 7, 7), (3, 4, 14)]),
    repo(
        "docker.io/library/node",
        391_246_907,
        52_938_662,
        Behaviour::Shell,
        &[(14, 0, 21), (16, 0, 20), (18, 0, 20), (20, 0, 19), (22, 0, 21), (24, 0, 11)],
    ),
    repo("docker.io/library/golang", 305_880_223, 78_245_904, Behaviour::Shell, &[(1, 10, 25)]),
    repo("docker.io/library/rabbitmq", 104_556_703, 63_227_410, Behaviour::Server(5672), &[(3, 6, 13), (4, 0, 2)]),
    repo("docker.io/library/hello-world", 10_072, 0, Behaviour::Shell, &[]),
    repo("docker.io/polinux/stress", 4_041_495, 0, Behaviour::Stress, &[]),
    repo("registry.k8s.io/pause", 320_448, 0, Behaviour::Idle, &[(2, 0, 0), (3, 0, 10)]),
    repo("registry.k8s.io/e2e-test-images/agnhost", 53_284_761, 0, Behaviour::Agnhost, &[(2, 0, 59)]),
    repo("registry.k8s.io/e2e-test-images/nginx", 51_028_224, 0, Behaviour::Nginx, &[(1, 14, 15)]),
    repo("registry.k8s.io/e2e-test-images/busybox", 1_154_361, 0, Behaviour::Shell, &[(1, 29, 36)]),
    repo("registry.k8s.io/nginx-slim", 43_105_119, 0, Behaviour::Nginx, &[(0, 1, 27)]),
    repo("registry.k8s.io/busybox", 1_144_547, 0, Behaviour::Shell, &[(1, 24, 27)]),
    repo("registry.k8s.io/echoserver", 46_237_695, 0, Behaviour::Web(8080), &[(1, 0, 10)]),
    repo("registry.k8s.io/hpa-example", 180_955_210, 0, Behaviour::Web(80), &[]),
    repo("gcr.io/google-samples/hello-app", 13_745_365, 0, Behaviour::Web(8080), &[(1, 0, 0), (2, 0, 0)]),
    repo("gcr.io/google-samples/gb-frontend", 323_418_771, 0, Behaviour::Web(80), &[]),
];

/// The variants that a tag may name after its version.
const VARIANTS: &[&str] = &[
    "alpine", "slim", "perl", "otel", "bookworm", "bullseye", "buster", "trixie", "glibc", "musl", "uclibc", "jammy",
    "noble",
];

/// Words in a name that say it is not to exist.
const ABSENT: &[&str] = &["doesnotexist", "does-not-exist", "nonexistent", "non-existent", "missing", "typo", "nosuch"];

impl Catalog {
    /// Adds a repository, all of whose tags exist, of this size in bytes; `path` is in full: `docker.io/team/app`.
    pub fn add(&mut self, path: impl Into<Text>, size: i64, behaviour: Behaviour) {
        self.added.insert(path.into(), (size, behaviour));
    }

    /// What a registry answers about an image.
    ///
    /// # Errors
    /// The runtime's words when there is no such image.
    pub fn resolve(&self, name: &str) -> Result<Image, Text> {
        let full = full_name(name).ok_or_else(|| format_smolstr!("invalid reference format: {name}"))?;
        let (path, tag) = split(&full);
        let known = REPOSITORIES.iter().find(|it| it.name == path);
        if let Some((size, behaviour)) = self.added.get(path) {
            return Ok(image(name, &full, *size, *behaviour));
        }
        if ABSENT.iter().any(|word| path.contains(word)) {
            return Err(denied(&full));
        }
        if ABSENT.iter().any(|word| tag.contains(word)) || known.is_some_and(|it| !it.has_tag(tag)) {
            return Err(not_found(&full));
        }
        let size = known.map_or_else(|| guessed_size(path), |it| it.size_of(tag));
        Ok(image(name, &full, size, known.map_or(Behaviour::Idle, |it| it.behaviour)))
    }
}

fn image(name: &str, full: &Text, size: i64, behaviour: Behaviour) -> Image {
    let (path, tag) = split(full);
    let digest = format_smolstr!("{path}@sha256:{}", digest(&[full]));
    let info = ImageInfo { name: name.into(), full_name: full.clone(), digest, size };
    Image { info, layers: layers(path, tag, size), behaviour }
}

impl Repository {
    fn has_tag(&self, tag: &str) -> bool {
        let (version, variant) = tag.split_once('-').unwrap_or((tag, ""));
        if tag == "latest" || tag.starts_with("sha256:") || is_variant(tag) || self.versions.is_empty() {
            return true;
        }
        let mainline = ["stable", "mainline", "unstable", "lts"].contains(&version);
        (mainline || self.has_version(version)) && (variant.is_empty() || is_variant(variant) || is_patch(variant))
    }

    fn has_version(&self, version: &str) -> bool {
        let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
        let Some(Ok(major)) = numbers.next() else { return false };
        let minor = numbers.next();
        let patch_is_number = numbers.all(|it| it.is_ok_and(|it| it < 100));
        patch_is_number
            && self.versions.iter().any(|(known, first, last)| {
                *known == major
                    && minor.as_ref().is_none_or(|it| it.as_ref().is_ok_and(|it| (first..=last).contains(&it)))
            })
    }

    fn size_of(&self, tag: &str) -> i64 {
        let is_small = self.small > 0 && ["alpine", "slim"].iter().any(|word| tag.contains(word));
        let base = if is_small { self.small } else { self.size };
        // The tag that a repository's size was measured with; others differ by a few per mille.
        let measured = matches!((self.name, tag), ("docker.io/library/nginx", "1.27"));
        let shift = if measured { 0 } else { i64::try_from(hash(&[tag]) % 9).unwrap_or(0) - 4 };
        base + base / 1_000 * shift
    }
}

fn is_variant(text: &str) -> bool {
    text.split('-').all(|part| {
        VARIANTS.iter().any(|variant| {
            let rest = part.strip_prefix(variant);
            rest.is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit() || it == b'.'))
        })
    })
}

fn is_patch(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
}

/// Path and tag, or digest, of a full name.
fn split(full: &str) -> (&str, &str) {
    if let Some((name, digest)) = full.split_once('@') {
        let path = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(path, _)| path);
        return (path, digest);
    }
    full.rsplit_once(':').unwrap_or((full, "latest"))
}

fn not_found(full: &str) -> Text {
    let reference = format!("failed to resolve reference \"{full}\": {full}: not found");
    format_smolstr!("rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": {reference}")
}

fn denied(full: &str) -> Text {
    let why = "pull access denied, repository does not exist or may require authorization: server message: \
               insufficient_scope: authorization failed";
    let reference = format!("failed to resolve reference \"{full}\": {why}");
    format_smolstr!("rpc error: code = Unknown desc = failed to pull and unpack image \"{full}\": {reference}")
}

/// A hash of texts, spread over all bits.
pub(super) fn hash(texts: &[&str]) -> u64 {
    let mut hash = Fnv::default();
    for text in texts {
        hash.write(text.as_bytes());
        hash.write(&[0]);
    }
    let it = (hash.0 ^ (hash.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    it ^ (it >> 33)
}

/// 64 hexadecimal digits derived from texts.
pub(super) fn digest(texts: &[&str]) -> String {
    let part = |salt: &str| format!("{:016x}", hash(&[&[salt], texts].concat()));
    ["a", "b", "c", "d"].map(part).concat()
}

/// Between 20 and 220 MB.
fn guessed_size(path: &str) -> i64 {
    20_000_000 + i64::try_from(hash(&[path]) % 200_000_000).unwrap_or(0)
}

/// Layers: a base that all tags of a repository's variant share, and the rest.
fn layers(path: &str, tag: &str, size: i64) -> Vec<(Text, i64)> {
    let variant = VARIANTS.iter().find(|it| tag.contains(**it)).unwrap_or(&"");
    let base = size * 2 / 5;
    let layer = |parts: &[&str], size| (Text::from(digest(parts)), size);
    vec![layer(&[path, variant], base), layer(&[path, tag], size - base)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], expected: &expect_test::Expect) {
        let line = |name: &&str| match Catalog::default().resolve(name) {
            Ok(image) => format!("{name}: {} bytes, {:?}\n", image.info.size, image.behaviour),
            Err(why) => format!("{name}: {why}\n"),
        };
        expected.assert_eq(&names.iter().map(line).collect::<String>());
    }

    #[test]
    fn known_repositories_have_some_tags() {
        check(
            &[
                "nginx:1.27",
                "nginx:1.14.2",
                "nginx:1.27-alpine",
                "nginx:1.99",
                "nginx:1.27-alpnie",
                "busybox",
                "redis:7.4",
            ],
            &expect_test::expect![[r#"
                nginx:1.27: 72950530 bytes, Nginx
                nginx:1.14.2: 72658730 bytes, Nginx
                nginx:1.27-alpine: 20595725 bytes, Nginx
                nginx:1.99: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.99": failed to resolve reference "docker.io/library/nginx:1.99": docker.io/library/nginx:1.99: not found
                nginx:1.27-alpnie: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.27-alpnie": failed to resolve reference "docker.io/library/nginx:1.27-alpnie": docker.io/library/nginx:1.27-alpnie: not found
                busybox: 2223950 bytes, Shell
                redis:7.4: 46195696 bytes, Redis
            "#]],
        );
    }

    #[test]
    fn unknown_names_exist_unless_they_say_they_do_not() {
        check(
            &["team/app:v3", "doesnotexist:1", "team/app:nonexistent"],
            &expect_test::expect![[r#"
            team/app:v3: 100490993 bytes, Idle
            doesnotexist:1: rpc error: code = Unknown desc = failed to pull and unpack image "docker.io/library/doesnotexist:1": failed to resolve reference "docker.io/library/doesnotexist:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed
            team/app:nonexistent: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/team/app:nonexistent": failed to resolve reference "docker.io/team/app:nonexistent": docker.io/team/app:nonexistent: not found
        "#]],
        );
    }

    #[test]
    fn added_repositories_are_as_they_were_added() {
        let mut catalog = Catalog::default();
        catalog.add("docker.io/team/missing", 7_000_000, Behaviour::Web(8080));
        let image = catalog.resolve("team/missing:v1").unwrap();
        assert_eq!((image.info.size, image.behaviour), (7_000_000, Behaviour::Web(8080)));
    }

    #[test]
    fn tags_share_their_base_layer() {
        let [a, b] = ["nginx:1.26", "nginx:1.27"].map(|it| Catalog::default().resolve(it).unwrap().layers);
        assert_eq!(a[0].0, b[0].0);
        assert_ne!(a[1].0, b[1].0);
    }
}
