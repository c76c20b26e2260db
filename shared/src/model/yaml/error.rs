//! The words that kubectl's YAML reader has for what is wrong.
//!
//! Upstream: `go.yaml.in/yaml/v2` (`parserc.go`, `scannerc.go`, `decode.go`, `fail`).

use granit_parser::{ErrorKind, ScanError};

/// Who finds an error: upstream counts the line of a parser's error from zero.
enum Finder {
    Scanner,
    Parser,
}

/// Upstream's text, with its line, which counts from the start of the document `source`.
pub(super) fn message(error: &ScanError, source: &str) -> String {
    let marker = error.marker();
    if *error.kind() == ErrorKind::UnknownAnchor {
        let rest = source.get(marker.byte_offset().unwrap_or_default()..).unwrap_or_default();
        let name = rest.trim_start_matches('*').split(|it: char| it.is_whitespace() || ",[]{}".contains(it)).next();
        return format!("yaml: unknown anchor '{}' referenced", name.unwrap_or_default());
    }
    let (finder, text) = words(error.kind());
    let text = text.map_or_else(|| error.info(), ToOwned::to_owned);
    // Upstream notices an unclosed quote at the end of the text, and a key without a colon on the line after it.
    let line = match error.kind() {
        ErrorKind::UnclosedQuotedScalar => source.matches('\n').count() + 1,
        ErrorKind::SimpleKeyExpected => marker.line() + 1,
        _ => marker.line(),
    };
    let shown = match finder {
        Finder::Scanner if line > 1 => line,
        Finder::Scanner => 0,
        Finder::Parser => line.saturating_sub(1),
    };
    if shown == 0 { format!("yaml: {text}") } else { format!("yaml: line {shown}: {text}") }
}

fn words(kind: &ErrorKind) -> (Finder, Option<&'static str>) {
    let parser = parser_words(kind);
    if parser.is_some() { (Finder::Parser, parser) } else { (Finder::Scanner, scanner_words(kind)) }
}

fn parser_words(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnclosedFlowCollection { .. } => "did not find expected ',' or ']'",
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator => "did not find expected ',' or '}'",
        ErrorKind::UnexpectedEofBlockSequence | ErrorKind::ExpectedBlockSequenceEntry => {
            "did not find expected '-' indicator"
        }
        ErrorKind::UnexpectedEofBlockMapping | ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            "did not find expected key"
        }
        ErrorKind::UnexpectedEof
        | ErrorKind::ExpectedNodeContent
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => "did not find expected node content",
        ErrorKind::ExpectedDocumentStart => "did not find expected <document start>",
        ErrorKind::UndeclaredTagHandle => "found undefined tag handle",
        ErrorKind::DuplicateVersionDirective => "found duplicate %YAML directive",
        ErrorKind::DuplicateTagDirective => "found duplicate %TAG directive",
        ErrorKind::UnsupportedYamlMajorVersion => "found incompatible YAML document",
        _ => return None,
    })
}

fn scanner_words(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => "could not find expected ':'",
        ErrorKind::UnexpectedCharacter { .. }
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => "found character that cannot start any token",
        ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidBlockEntryWhitespace => "block sequence entries are not allowed in this context",
        ErrorKind::MappingKeyNotAllowed => "mapping keys are not allowed in this context",
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::InvalidMappingValueWhitespace
        | ErrorKind::FlowMappingValueAdjacentCollection => "mapping values are not allowed in this context",
        ErrorKind::UnclosedQuotedScalar => "found unexpected end of stream",
        ErrorKind::DocumentIndicatorInQuotedScalar => "found unexpected document indicator",
        ErrorKind::UnknownQuotedScalarEscape => "found unknown escape character",
        ErrorKind::InvalidQuotedScalarHexEscape => "did not find expected hexdecimal number",
        ErrorKind::InvalidUnicodeEscape => "found invalid Unicode character escape code",
        ErrorKind::ZeroBlockScalarIndent => "found an indentation indicator equal to 0",
        ErrorKind::InvalidBlockScalarHeader => "did not find expected comment or line break",
        ErrorKind::TabAtBlockScalarStart => "found a tab character where an indentation space is expected",
        ErrorKind::MissingAnchorOrAliasName => "did not find expected alphabetic or numeric character",
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::UnexpectedEndOfPlainScalar => "did not find expected key",
        _ => return None,
    })
}
