//! A row of the table: one figure of ours, beside the peers' where they have one, and how it was measured.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Row {
    what: String,
    unit: String,
    /// Nothing where it could not be measured; `how` says why.
    ours: Option<f64>,
    trtc: Option<f64>,
    zego: Option<f64>,
    how: String,
    fault: Option<String>,
}

impl Row {
    /// Why the figure is not acceptable.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.as_ref().map(|fault| format!("{} {fault}", self.what))
    }

    fn cells(&self) -> [String; 5] {
        let figure = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| figure(value, &self.unit));
        [self.what.clone(), figure(self.ours), figure(self.trtc), figure(self.zego), self.how.clone()]
    }
}

const HEAD: [&str; 5] = ["", "miniapp-rtc", "trtc-wx-sdk", "zego-express", "how"];

/// Prints the table for a terminal.
pub(super) fn print(rows: &[Row]) {
    let width = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or_default();
    let line = |[what, ours, trtc, zego, how]: [&str; 5]| {
        println!("{what:<width$} {ours:>12} {trtc:>12} {zego:>12}   {how}");
    };
    line(HEAD);
    for row in rows {
        let cells = row.cells();
        line(cells.each_ref().map(String::as_str));
    }
}

/// The same as a Markdown table.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = format!("| {} |\n| --- | ---: | ---: | ---: | --- |\n", HEAD.join(" | "));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.cells().join(" | ")));
    }
    text
}

/// Bytes whole and in groups of three, everything else with three digits.
fn figure(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        _ if unit == "B" => return format!("{} B", grouped(value)),
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A whole number with a comma before every three digits.
pub(super) fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_keep_what_a_reader_compares() {
        let written = [(120_871.0, "B"), (-95.0, "B"), (4.206, "ms"), (42.06, "µs"), (424.97, "µs")];
        let texts = written.map(|(value, unit)| figure(value, unit));
        assert_eq!(texts, ["120,871 B", "-95 B", "4.21 ms", "42.1 µs", "425 µs"]);
    }
}
