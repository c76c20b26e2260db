//! Elastic tab stops: lines of cells divided by tabs, whose columns line up with their neighbours'.
//!
//! Upstream: Go's `text/tabwriter` as kubectl sets it up.

/// How wide columns are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tabs {
    /// The least width of a column, its padding included.
    pub(crate) least: usize,
    /// Spaces after the widest cell.
    pub(crate) padding: usize,
}

/// The tables of `get`.
pub(crate) const TABLE: Tabs = Tabs { least: 6, padding: 3 };
/// The texts of `describe`.
pub(crate) const DESCRIPTION: Tabs = Tabs { least: 0, padding: 2 };

impl Tabs {
    /// Replaces the tabs of `text` by spaces. The cell after the last tab of a line belongs to no column.
    pub(crate) fn align(self, text: &str) -> String {
        let mut remembered = Vec::new();
        self.align_on(text, &mut remembered, Memory::Off)
    }

    /// The same, with columns at least as wide as in the calls before, for tables that grow by and by.
    pub(crate) fn align_more(self, text: &str, remembered: &mut Vec<usize>) -> String {
        self.align_on(text, remembered, Memory::On)
    }

    fn align_on(self, text: &str, remembered: &mut Vec<usize>, memory: Memory) -> String {
        let body = text.strip_suffix('\n').unwrap_or(text);
        let lines: Vec<Vec<&str>> = body.split('\n').map(|line| line.split('\t').collect()).collect();
        let widths = self.widths(&lines, remembered, memory);
        let mut out = String::with_capacity(text.len() * 2);
        for (cells, widths) in lines.iter().zip(&widths) {
            for (index, cell) in cells.iter().enumerate() {
                out.push_str(cell);
                if let Some(width) = widths.get(index) {
                    out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
                }
            }
            out.push('\n');
        }
        if body.len() == text.len() {
            out.pop();
        }
        out
    }

    /// The width of every cell that a tab ends; runs of lines that share a column share its width.
    fn widths(self, lines: &[Vec<&str>], remembered: &mut Vec<usize>, memory: Memory) -> Vec<Vec<usize>> {
        let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len() - 1]).collect();
        let columns = widths.iter().map(Vec::len).max().unwrap_or(0);
        remembered.resize(remembered.len().max(columns), 0);
        for column in 0..columns {
            let mut line = 0;
            while line < lines.len() {
                let run = lines[line..].iter().take_while(|cells| cells.len() > column + 1).count();
                let cells = lines[line..line + run].iter().map(|cells| cells[column].chars().count() + self.padding);
                let mut width = cells.max().unwrap_or(0).max(self.least);
                if memory == Memory::On && run > 0 {
                    width = width.max(remembered[column]);
                    remembered[column] = width;
                }
                widths[line..line + run].iter_mut().for_each(|it| it[column] = width);
                line += run.max(1);
            }
        }
        widths
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    On,
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn columns_line_up_with_their_neighbours_only() {
        let shown = DESCRIPTION.align("Name:\tweb\nLabels:\ta=b\n\tlonger=c\n\nOther:\tx\ty\n");
        expect![[r"
            Name:    web
            Labels:  a=b
                     longer=c

            Other:  x  y
        "]]
        .assert_eq(&shown);
        let shown = TABLE.align("A\tNAME\tLAST\nb\tlonger-name\t\n");
        expect![[r"
            A.....NAME..........LAST
            b.....longer-name...
        "]]
        .assert_eq(&shown.replace(' ', "."));
    }

    #[test]
    fn growing_tables_remember_widths() {
        let mut widths = Vec::new();
        let first = TABLE.align_more("long-name\tx\n", &mut widths);
        let second = TABLE.align_more("a\tx\n", &mut widths);
        assert_eq!(first.find('x'), second.find('x'));
    }
}
