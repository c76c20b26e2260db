//! Overloads of functions, read from the short text in which the libraries declare them.
//!
//! `string.(int) bool` is a member of strings, `(list(A), A) bool` is global; a capital letter alone is a type parameter.

use crate::cel::types::Type;

/// One way of calling a function.
#[derive(Clone, Debug)]
pub(in crate::cel) struct Overload {
    /// True if it is called on its first argument.
    pub(in crate::cel) member: bool,
    /// The types of the arguments, the target first.
    pub(in crate::cel) arguments: Vec<Type>,
    /// The type of the result.
    pub(in crate::cel) result: Type,
}

impl Overload {
    /// Reads one overload; a declaration that is not well-formed has no arguments and fits nothing.
    pub(in crate::cel) fn parse(text: &str) -> Self {
        let mut reader = Reader { rest: text };
        let mut arguments = Vec::new();
        let member = !reader.rest.starts_with('(');
        if member {
            arguments.push(reader.read());
            reader.skip(".");
        }
        reader.skip("(");
        while !reader.rest.starts_with(')') && !reader.rest.is_empty() {
            arguments.push(reader.read());
            reader.skip(",");
        }
        reader.skip(")");
        Self { member, arguments, result: reader.read() }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, sign: &str) {
        let rest = self.rest.trim_start();
        self.rest = rest.strip_prefix(sign).unwrap_or(rest).trim_start();
    }

    fn read(&mut self) -> Type {
        let end = self.rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match name {
            "list" => Type::list(self.inner()),
            "optional" => Type::optional(self.inner()),
            "type" => Type::Kind(self.inner().into()),
            "map" => {
                self.skip("(");
                let key = self.read();
                self.skip(",");
                let value = self.read();
                self.skip(")");
                Type::map(key, value)
            }
            _ => named(name),
        }
    }

    fn inner(&mut self) -> Type {
        self.skip("(");
        let it = self.read();
        self.skip(")");
        it
    }
}

fn named(name: &str) -> Type {
    match name {
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::Text,
        "bytes" => Type::Bytes,
        "duration" => Type::Duration,
        "timestamp" => Type::Timestamp,
        "Quantity" => Type::Named("kubernetes.Quantity"),
        "URL" => Type::Named("kubernetes.URL"),
        "IP" => Type::Named("net.IP"),
        "CIDR" => Type::Named("net.CIDR"),
        "Semver" => Type::Named("kubernetes.Semver"),
        "NamedFormat" => Type::Named("kubernetes.NamedFormat"),
        "Authorizer" => Type::Named("kubernetes.authorization.Authorizer"),
        "PathCheck" => Type::Named("kubernetes.authorization.PathCheck"),
        "GroupCheck" => Type::Named("kubernetes.authorization.GroupCheck"),
        "ResourceCheck" => Type::Named("kubernetes.authorization.ResourceCheck"),
        "Decision" => Type::Named("kubernetes.authorization.Decision"),
        "A" => Type::Var(0),
        "B" => Type::Var(1),
        _ => Type::Dyn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overloads_are_read() {
        let show = |text| {
            let it = Overload::parse(text);
            let arguments: Vec<_> = it.arguments.iter().map(ToString::to_string).collect();
            format!("{} ({}) {}", it.member, arguments.join(" "), it.result)
        };
        assert_eq!(show("string.(int) bool"), "true (string int) bool");
        assert_eq!(
            show("(list(A), map(A, B)) optional(B)"),
            "false (list(_var0) map(_var0, _var1)) optional_type(_var1)"
        );
        assert_eq!(show("Quantity.() int"), "true (kubernetes.Quantity) int");
        assert_eq!(show("() optional(A)"), "false () optional_type(_var0)");
    }
}
