//! The picture of `docs/architecture.md`: an SVG that is drawn from the text beside it, and never edited by hand.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::repository::Repository;

const TEXT: &str = "docs/architecture.toml";
const DRAWING: &str = "docs/architecture.svg";

/// Draws the picture anew.
pub(crate) fn run(repository: &Repository) -> Result<ExitCode> {
    fs::write(repository.path(DRAWING), read(repository)?.draw()?)
        .with_context(|| format!("cannot write {DRAWING}"))?;
    println!("wrote {DRAWING}");
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with the picture: it is older than its text, names a path that does not exist, or draws other arrows
/// between the parts than the rules that the sources are checked by.
pub(crate) fn faults(repository: &Repository, rules: &BTreeSet<(&str, &str)>) -> Result<Vec<String>> {
    let picture = read(repository)?;
    let mut faults = picture.other_arrows(rules);
    let boxes = picture.boxes.iter().filter(|one| !repository.path(&one.path).exists());
    faults.extend(boxes.map(|one| format!("{TEXT}: {} names {}, which does not exist", one.id, one.path)));
    let stored = fs::read_to_string(repository.path(DRAWING)).unwrap_or_default();
    if stored != picture.draw()? {
        faults.push(format!("{DRAWING} is not what {TEXT} says: run cargo xtask picture"));
    }
    Ok(faults)
}

/// The circles of files that may be.
pub(crate) fn circles(repository: &Repository) -> Result<Vec<Circle>> {
    Ok(read(repository)?.circles)
}

fn read(repository: &Repository) -> Result<Picture> {
    let text = fs::read_to_string(repository.path(TEXT)).with_context(|| format!("cannot read {TEXT}"))?;
    toml::from_str(&text).with_context(|| format!("in {TEXT}"))
}

/// The text of a picture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    size: [i32; 2],
    #[serde(rename = "frame")]
    frames: Vec<Frame>,
    #[serde(rename = "box")]
    boxes: Vec<Part>,
    #[serde(rename = "arrow")]
    arrows: Vec<Arrow>,
    #[serde(rename = "flow")]
    flows: Vec<Flow>,
    #[serde(default, rename = "circle")]
    circles: Vec<Circle>,
}

/// Files of one crate that use each other; not drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Circle {
    /// Their paths; one that ends with a slash stands for every file of the folder.
    pub(crate) files: BTreeSet<String>,
    /// Why they may.
    pub(crate) reason: String,
}

impl Circle {
    /// Whether it is about these files.
    pub(crate) fn covers(&self, files: &BTreeSet<String>) -> bool {
        let is_named = |file: &String| {
            self.files.iter().any(|name| file == name || (name.ends_with('/') && file.starts_with(name.as_str())))
        };
        files.iter().all(is_named)
    }
}

/// A rectangle around several parts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    id: String,
    at: Place,
    title: String,
    /// Whether the title stands at the right end, because an arrow crosses the left one.
    #[serde(default)]
    title_right: bool,
}

/// A part of the repository.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    id: String,
    at: Place,
    /// Where the part is found, from the repository's root.
    path: String,
    title: String,
    about: String,
    /// Whether the part takes time, randomness and sockets as arguments.
    #[serde(default)]
    pure: bool,
}

/// Who uses whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrow {
    from: String,
    to: String,
    via: Option<[i32; 2]>,
}

/// What two parts exchange.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flow {
    from: String,
    to: String,
    label: String,
}

/// Left, top, width and height, in pixels.
type Place = [i32; 4];

impl Picture {
    /// Arrows between parts of the rules that only one of the two has.
    fn other_arrows(&self, rules: &BTreeSet<(&str, &str)>) -> Vec<String> {
        let parts: BTreeSet<&str> = rules.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let drawn = self.arrows.iter().map(|arrow| (arrow.from.as_str(), arrow.to.as_str()));
        let drawn: BTreeSet<_> = drawn.filter(|(from, to)| parts.contains(from) && parts.contains(to)).collect();
        let missing = rules.difference(&drawn).map(|(from, to)| format!("{TEXT}: no arrow leads from {from} to {to}"));
        let forbidden = drawn.difference(rules).map(|(from, to)| format!("{TEXT}: {from} may not use {to}"));
        missing.chain(forbidden).collect()
    }

    fn draw(&self) -> Result<String> {
        let [width, height] = self.size;
        let mut svg =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n");
        svg.push_str(HEAD);
        for Frame { at: [x, y, width, height], title, title_right, .. } in &self.frames {
            let title = escaped(title);
            let (anchor, at) = if *title_right { ("end", x + width - 14) } else { ("start", x + 14) };
            writeln!(
                svg,
                "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>"
            )?;
            writeln!(
                svg,
                "<text class=\"heading\" x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\">{title}</text>",
                y + 22
            )?;
        }
        for Arrow { from, to, via } in &self.arrows {
            let (start, end) = ends(self.place(from)?, self.place(to)?, *via);
            let bend = via.map_or(String::from("L"), |[x, y]| format!("Q {x} {y}"));
            writeln!(svg, "<path class=\"uses\" d=\"M {} {} {bend} {} {}\"/>", start[0], start[1], end[0], end[1])?;
        }
        for Flow { from, to, label } in &self.flows {
            let (start, end) = ends(self.place(from)?, self.place(to)?, None);
            writeln!(svg, "<path class=\"flow\" d=\"M {} {} L {} {}\"/>", start[0], start[1], end[0], end[1])?;
            let (x, y) = (i32::midpoint(start[0], end[0]), i32::midpoint(start[1], end[1]) - 8);
            writeln!(svg, "<text class=\"label\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(label))?;
        }
        for Part { at: [x, y, width, height], title, about, pure, .. } in &self.boxes {
            let class = if *pure { "part pure" } else { "part" };
            let middle = x + width / 2;
            writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
            )?;
            writeln!(
                svg,
                "<text class=\"title\" x=\"{middle}\" y=\"{}\">{}</text>",
                y + height / 2 - 3,
                escaped(title)
            )?;
            writeln!(
                svg,
                "<text class=\"about\" x=\"{middle}\" y=\"{}\">{}</text>",
                y + height / 2 + 14,
                escaped(about)
            )?;
        }
        svg.push_str(LEGEND);
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    fn place(&self, id: &str) -> Result<Place> {
        let frames = self.frames.iter().map(|frame| (&frame.id, frame.at));
        let mut all = frames.chain(self.boxes.iter().map(|part| (&part.id, part.at)));
        let found = all.find(|(known, _)| *known == id).map(|(_, at)| at);
        let Some(place) = found else { bail!("{TEXT}: an arrow names {id}, which is neither a box nor a frame") };
        Ok(place)
    }
}

/// Where a line leaves one rectangle and reaches the other: straight across where they overlap, else towards the middle.
fn ends(from: Place, to: Place, via: Option<[i32; 2]>) -> ([i32; 2], [i32; 2]) {
    match via {
        Some([x, y]) => {
            let point = [x, y, 0, 0];
            (ends(from, point, None).0, ends(to, point, None).0)
        }
        None => {
            let (left, right) = (overlap(from[0], from[2], to[0], to[2]), overlap(from[1], from[3], to[1], to[3]));
            let side = |place: Place, other: Place, x: i32, y: i32| {
                let x = if other[0] >= place[0] + place[2] { place[0] + place[2] } else { x };
                let x = if other[0] + other[2] <= place[0] { place[0] } else { x };
                let y = if other[1] >= place[1] + place[3] { place[1] + place[3] } else { y };
                let y = if other[1] + other[3] <= place[1] { place[1] } else { y };
                [x, y]
            };
            let middle = |place: Place| (place[0] + place[2] / 2, place[1] + place[3] / 2);
            let at = |place: Place| (left.unwrap_or(middle(place).0), right.unwrap_or(middle(place).1));
            let (start, end) = (at(from), at(to));
            (side(from, to, start.0, start.1), side(to, from, end.0, end.1))
        }
    }
}

/// The middle of what two spans share.
fn overlap(start: i32, length: i32, other: i32, other_length: i32) -> Option<i32> {
    let (first, last) = (start.max(other), (start + length).min(other + other_length));
    (first < last).then_some(i32::midpoint(first, last))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const HEAD: &str = r##"<title>The parts of miniapp-rtc, who uses whom, and what flows between them</title>
<style>
text { font-family: system-ui, sans-serif; fill: #1f2328 }
.ground { fill: #ffffff }
.frame { fill: #f6f8fa; stroke: #d0d7de }
.heading { font-size: 14px; font-weight: 600 }
.part { fill: #ffffff; stroke: #57606a }
.pure { fill: #dafbe1; stroke: #1a7f37 }
.title { font-size: 14px; font-weight: 600; text-anchor: middle }
.about, .label { font-size: 11px; text-anchor: middle; fill: #57606a }
.label { fill: #0550ae; font-weight: 600 }
.uses { fill: none; stroke: #6e7781; stroke-width: 1.3; marker-end: url(#uses) }
.flow { fill: none; stroke: #0969da; stroke-width: 3; marker-start: url(#flow); marker-end: url(#flow) }
</style>
<defs>
<marker id="uses" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#6e7781"/></marker>
<marker id="flow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="12" markerHeight="12" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M 0 0 L 10 5 L 0 10 z" fill="#0969da"/></marker>
</defs>
<rect class="ground" width="100%" height="100%"/>
"##;

const LEGEND: &str = r#"<rect class="part pure" x="40" y="478" width="26" height="18" rx="4"/>
<text x="74" y="492" font-size="12">pure: time, randomness and sockets come as arguments</text>
<path class="uses" d="M 436 487 L 462 487"/>
<text x="468" y="492" font-size="12">uses (the import goes this way only)</text>
<path class="flow" d="M 730 487 L 770 487"/>
<text x="778" y="492" font-size="12">data flows</text>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(arrows: &str) -> Picture {
        let boxes = ["a", "b", "c"].map(|id| {
            format!("[[box]]\nid = \"{id}\"\nat = [0, 0, 9, 9]\npath = \"\"\ntitle = \"<{id}>\"\nabout = \"\"\n")
        });
        toml::from_str(&format!("size = [9, 9]\nframe = []\nflow = []\n{}{arrows}", boxes.concat())).unwrap()
    }

    fn arrow(from: &str, to: &str) -> String {
        format!("[[arrow]]\nfrom = \"{from}\"\nto = \"{to}\"\n")
    }

    #[test]
    fn arrows_are_those_of_the_rules() {
        let rules = BTreeSet::from([("a", "b")]);
        assert_eq!(picture(&[arrow("a", "b"), arrow("a", "c")].concat()).other_arrows(&rules), [""; 0]);
        let expected = ["no arrow leads from a to b", "b may not use a"].map(|fault| format!("{TEXT}: {fault}"));
        assert_eq!(picture(&arrow("b", "a")).other_arrows(&rules), expected);
    }

    #[test]
    fn an_arrow_to_nothing_is_no_picture() {
        assert!(picture(&arrow("a", "b")).draw().unwrap().contains("&lt;a>"));
        let error = picture(&arrow("a", "d")).draw().unwrap_err().to_string();
        assert!(error.contains("names d"), "{error}");
    }

    #[test]
    fn lines_go_straight_across_where_rectangles_overlap() {
        assert_eq!(ends([0, 0, 10, 10], [20, 2, 10, 4], None), ([10, 4], [20, 4]));
        assert_eq!(ends([0, 0, 10, 10], [4, 30, 20, 5], None), ([7, 10], [7, 30]));
        assert_eq!(ends([20, 20, 10, 10], [0, 0, 10, 10], None), ([20, 20], [10, 10]));
    }
}
