//! Links with latency and bandwidth, simulated in user space.
//!
//! A shaped queue stamps every frame with the time at which its last byte would arrive: after the
//! frames before it have left at the link's bandwidth, plus the one-way latency. Nobody sees the
//! frame earlier. Both transports accept a shape.

use std::time::{Duration, Instant};

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LinkShape {
    /// One-way latency.
    pub latency: Duration,
    /// Bandwidth.
    pub bits_per_second: u64,
}

impl LinkShape {
    /// A local network: 0.25 ms one way, 1 Gbit/s.
    pub const LAN: Self = Self {
        latency: Duration::from_micros(250),
        bits_per_second: 1_000_000_000,
    };
    /// A wide-area network: 20 ms one way, 100 Mbit/s.
    pub const WAN: Self = Self {
        latency: Duration::from_millis(20),
        bits_per_second: 100_000_000,
    };

    /// The named shapes: `lan` and `wan`.
    pub const NAMED: [(&'static str, Self); 2] = [("lan", Self::LAN), ("wan", Self::WAN)];

    /// The shape of that name, see [`Self::NAMED`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let shape = Self::NAMED.into_iter().find(|(known, _)| *known == name);
        shape.map(|(_, shape)| shape)
    }

    /// Seconds on the wire, without computing: `rounds` times the latency, plus the time in which the bytes of the
    /// party that sends most pass through one link of this bandwidth.
    #[must_use]
    pub fn seconds(&self, sent: [u64; 3], rounds: u32) -> f64 {
        let slowest = sent.into_iter().max().unwrap_or(0);
        f64::from(rounds) * self.latency.as_secs_f64() + self.seconds_for(slowest)
    }

    /// Seconds on the wire if the three parties send equal shares of `total` bytes, as [`Self::seconds`] counts them.
    /// Sessions balance the parties to within some per cent.
    #[must_use]
    pub fn seconds_of_total(&self, total: u64, rounds: u32) -> f64 {
        self.seconds([total.div_ceil(3); 3], rounds)
    }

    /// Seconds that `bytes` take at the link's bandwidth, latency not counted.
    #[must_use]
    pub fn seconds_for(&self, bytes: u64) -> f64 {
        bytes as f64 * 8.0 / self.bits_per_second.max(1) as f64
    }

    fn transmission(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 8.0 / self.bits_per_second.max(1) as f64)
    }
}

/// Stamps the frames of one direction.
#[derive(Debug)]
pub(super) struct Pacer {
    shape: LinkShape,
    free_at: Option<Instant>,
}

impl Pacer {
    pub(super) const fn new(shape: LinkShape) -> Self {
        Self {
            shape,
            free_at: None,
        }
    }

    /// When a frame handed over at `now` arrives.
    pub(super) fn deliver_at(&mut self, now: Instant, bytes: usize) -> Instant {
        let start = self.free_at.map_or(now, |free| free.max(now));
        let sent = start + self.shape.transmission(bytes);
        self.free_at = Some(sent);
        sent + self.shape.latency
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LinkShape, Pacer};

    #[test]
    fn named_links_turn_bytes_and_rounds_into_seconds() {
        let wan = LinkShape::named("wan").unwrap();
        assert_eq!(wan, LinkShape::WAN);
        assert_eq!(LinkShape::named("moon"), None);
        let seconds = wan.seconds([12_500_000, 1, 2], 50);
        assert!((seconds - 2.0).abs() < 1e-9, "{seconds}");
        assert_eq!(wan.seconds_of_total(37_500_000, 50), seconds);
    }

    #[test]
    fn frames_queue_behind_each_other_and_share_the_latency() {
        let mut pacer = Pacer::new(LinkShape {
            latency: Duration::from_millis(20),
            bits_per_second: 8_000_000,
        });
        let now = Instant::now();
        let first = pacer.deliver_at(now, 1_000_000);
        let second = pacer.deliver_at(now, 500_000);
        assert_eq!(first - now, Duration::from_millis(1020));
        assert_eq!(second - now, Duration::from_millis(1520));
    }
}
