//! Measured rows as Markdown and CSV.

use std::fmt::Write as _;
use std::path::Path;

use burn_mpc_engine::net::shaped::LinkShape;

use crate::error::BenchError;
use crate::rows::dense;

/// Speed of the machine, measured in the same run.
#[derive(Clone, Copy, Debug)]
pub struct Floors {
    /// Multiplications per second of the 64-bit and the 32-bit ring, all cores.
    pub products: [f64; 2],
    /// Bytes per second over loopback.
    pub loopback: f64,
}

impl Floors {
    /// Multiplications of the three parties for one in the clear, see `conv2d_rss_acc`.
    const PRODUCTS_PER_MAC: f64 = 5.0;

    /// The faster of two measurements, figure by figure.
    #[must_use]
    pub fn or_faster(self, other: Self) -> Self {
        Self {
            products: [0, 1].map(|i| self.products[i].max(other.products[i])),
            loopback: self.loopback.max(other.loopback),
        }
    }

    /// Seconds that all cores need for the ring products of `macs` multiplications.
    pub fn arithmetic(&self, macs: u64, ring: u32) -> f64 {
        let rate = self.products[usize::from(ring == 32)];
        Self::PRODUCTS_PER_MAC * macs as f64 / rate
    }

    /// Seconds that a row's links need for its bytes, and for its rounds where they are slowed down.
    pub fn wire(&self, line: &Line) -> f64 {
        match line.link {
            // A party has a link to each of its peers.
            Some(link) => link.seconds(line.bytes_sent.map(|bytes| bytes / 2), line.rounds),
            None => line.bytes() as f64 / self.loopback,
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// Network or operation.
    pub name: String,
    /// Its mode.
    pub mode: String,
    /// Bits of the ring.
    pub ring: u32,
    /// The links, if they are slowed down.
    pub link: Option<LinkShape>,
    /// Images per inference.
    pub batch: u64,
    /// Timed runs.
    pub runs: usize,
    /// Their median.
    pub seconds: f64,
    /// The quickest.
    pub best: f64,
    /// Sent by each party.
    pub bytes_sent: [u64; 3],
    /// Bytes of all parties that depend on no share of any value.
    pub bytes_offline: u64,
    /// Links of the longest chain of dependent messages.
    pub rounds: u32,
    /// Largest resident set of a party.
    pub peak_rss_bytes: u64,
    /// Largest difference of a logit or element from plaintext.
    pub max_abs_err: f64,
    /// Images with plaintext's class, and how many images there are; none for an operation.
    pub agreement: Option<(usize, usize)>,
    /// Multiplications in the clear.
    pub macs: u64,
    /// Seconds and bytes of set-up; none for an operation.
    pub setup: Option<(f64, u64)>,
}

impl Line {
    /// Bytes sent by all parties.
    pub fn bytes(&self) -> u64 {
        self.bytes_sent.iter().sum()
    }

    /// Bytes of the party that sends most, divided by a third of all bytes.
    fn busiest(&self) -> f64 {
        let most = self.bytes_sent.into_iter().max().unwrap_or(0);
        3.0 * most as f64 / self.bytes().max(1) as f64
    }
}

/// The tables, for the document.
pub fn markdown(lines: &[Line], failures: &[String], floors: &Floors) -> String {
    let mut text = format!(
        "In the same run: ring products at {:.1} GMAC/s (2^64) and {:.1} GMAC/s (2^32) on all cores, loopback at \
         {:.2} GB/s.\n\n",
        floors.products[0] / 1e9,
        floors.products[1] / 1e9,
        floors.loopback / 1e9
    );
    text.push_str(
        "| network or operation | mode | seconds, median | best | per image | arithmetic floor | times it | wire floor | times \
         both | of dense | sent by all | offline | online | busiest party | rounds | logit error | agree | peak memory | set-up |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for line in lines {
        let arithmetic = floors.arithmetic(line.macs, line.ring);
        let wire = floors.wire(line);
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {:.3} | {:.3} | {:.3} s | {} | {:.3} s | {:.1} | {} | {:.1} MB | {:.1} MB | {:.1} MB | {:.2} | {} | {:.1e} | {} | {:.0} MB | {} |",
            line.name,
            line.mode,
            line.seconds,
            line.best,
            line.seconds / line.batch as f64,
            arithmetic,
            times(line.seconds, arithmetic),
            wire,
            line.seconds / (arithmetic + wire),
            or_dash(of_dense(line, lines, floors)),
            line.bytes() as f64 / 1e6,
            line.bytes_offline as f64 / 1e6,
            (line.bytes() - line.bytes_offline) as f64 / 1e6,
            line.busiest(),
            line.rounds,
            line.max_abs_err,
            or_dash(line.agreement.map(|(same, all)| format!("{same} of {all}"))),
            line.peak_rss_bytes as f64 / 1e6,
            or_dash(
                line.setup.map(|(seconds, bytes)| format!(
                    "{seconds:.1} s, {:.0} MB",
                    bytes as f64 / 1e6
                ))
            ),
        );
    }
    for failure in failures {
        let _ = writeln!(text, "\nNot measured: {failure}.");
    }
    text
}

/// Seconds divided by those of the same row with all signs, and, in brackets, the same of what is beyond the arithmetic
/// floor.
fn of_dense(line: &Line, lines: &[Line], floors: &Floors) -> Option<String> {
    let mode = dense(&line.mode)?;
    let mut others = lines.iter();
    let dense = others.find(|other| other.name == line.name && other.mode == mode)?;
    let beyond = |line: &Line| line.seconds - floors.arithmetic(line.macs, line.ring);
    Some(format!(
        "{:.2} ({:.2})",
        line.seconds / dense.seconds,
        beyond(line) / beyond(dense)
    ))
}

fn times(seconds: f64, floor: f64) -> String {
    or_dash((floor > 1e-3).then(|| format!("{:.1}", seconds / floor)))
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

/// The same as comma-separated values, without rounding.
pub fn csv(lines: &[Line], floors: &Floors) -> String {
    let mut text = String::from(
        "name,mode,ring,batch,runs,seconds_median,seconds_best,macs,arithmetic_floor,wire_floor,bytes_0,bytes_1,bytes_2,bytes_offline,rounds,max_abs_err,\
         agree,images,peak_rss_bytes,setup_seconds,setup_bytes\n",
    );
    for line in lines {
        let optional = |value: Option<String>| value.unwrap_or_default();
        let _ = writeln!(
            text,
            "\"{}\",\"{}\",{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            line.name,
            line.mode,
            line.ring,
            line.batch,
            line.runs,
            line.seconds,
            line.best,
            line.macs,
            floors.arithmetic(line.macs, line.ring),
            floors.wire(line),
            line.bytes_sent[0],
            line.bytes_sent[1],
            line.bytes_sent[2],
            line.bytes_offline,
            line.rounds,
            line.max_abs_err,
            optional(line.agreement.map(|a| a.0.to_string())),
            optional(line.agreement.map(|a| a.1.to_string())),
            line.peak_rss_bytes,
            optional(line.setup.map(|s| s.0.to_string())),
            optional(line.setup.map(|s| s.1.to_string())),
        );
    }
    text
}

/// Replaces what lies between the markers of a region in a document.
pub fn write_region(path: &Path, name: &str, content: &str) -> Result<(), BenchError> {
    let text = std::fs::read_to_string(path)?;
    let missing = || BenchError::NoRegion(path.to_owned(), name.to_owned());
    let begin = format!("<!-- {name}:begin -->\n");
    let end = format!("<!-- {name}:end -->");
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(std::fs::write(
        path,
        format!("{before}{begin}{content}{end}{after}"),
    )?)
}

#[cfg(test)]
mod tests {
    use super::{Floors, Line, LinkShape, csv, markdown, write_region};

    const FLOORS: Floors = Floors {
        products: [2e10, 4e10],
        loopback: 3e9,
    };

    fn line(ring: u32) -> Line {
        Line {
            name: "net, trained".to_owned(),
            mode: "full".to_owned(),
            ring,
            link: None,
            batch: 2,
            runs: 3,
            seconds: 3.0,
            best: 2.5,
            bytes_sent: [1_000_000_000; 3],
            bytes_offline: 600_000_000,
            rounds: 7,
            peak_rss_bytes: 1_000_000,
            max_abs_err: 1e-4,
            agreement: Some((2, 3)),
            macs: 4_000_000_000,
            setup: None,
        }
    }

    #[test]
    fn floors_follow_the_ring() {
        assert!((FLOORS.arithmetic(4_000_000_000, 64) - 1.0).abs() < 1e-6);
        assert!((FLOORS.arithmetic(4_000_000_000, 32) - 0.5).abs() < 1e-6);
        assert!((FLOORS.wire(&line(64)) - 1.0).abs() < 1e-9);
        let shaped = Line {
            link: Some(LinkShape::WAN),
            ..line(64)
        };
        assert!((FLOORS.wire(&shaped) - 40.14).abs() < 1e-6);
        let text = markdown(&[line(64)], &["x: y".to_owned()], &FLOORS);
        assert!(text.contains("| 3.000 | 2.500 | 1.500 | 1.000 s |"));
        assert!(text.contains(
            "| 1.000 s | 3.0 | 1.000 s | 1.5 | – | 3000.0 MB | 600.0 MB | 2400.0 MB | 1.00 | 7 | 1.0e-4 | 2 of 3 |"
        ));
        assert!(text.ends_with("Not measured: x: y.\n"));
    }

    #[test]
    fn a_row_with_few_signs_is_compared_with_that_of_all() {
        let few = Line {
            mode: "6 %".to_owned(),
            seconds: 2.0,
            ..line(64)
        };
        let other = Line {
            name: "other".to_owned(),
            seconds: 100.0,
            ..line(64)
        };
        let text = markdown(&[other, few.clone(), line(64)], &[], &FLOORS);
        assert!(text.contains("| 0.67 (0.50) |"), "{text}");
        // Nothing to compare with.
        assert!(markdown(&[few], &[], &FLOORS).contains("| – |"));
    }

    #[test]
    fn csv_has_as_many_fields_as_its_header() {
        let text = csv(&[line(64), line(32)], &FLOORS);
        let fields = |line: &str| line.replace("net, trained", "net").split(',').count();
        let counts: Vec<usize> = text.lines().map(fields).collect();
        assert_eq!(counts, [21; 3]);
    }

    #[test]
    fn only_the_region_changes() {
        let folder = std::env::temp_dir().join(format!("bench-region-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("document.md");
        std::fs::write(&path, "a\n<!-- r:begin -->\nold\n<!-- r:end -->\nb\n").unwrap();
        write_region(&path, "r", "new\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "a\n<!-- r:begin -->\nnew\n<!-- r:end -->\nb\n");
        assert!(write_region(&path, "s", "").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
