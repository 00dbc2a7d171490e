//! Moments as header fields say them.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// `now` as `Date:` says it (RFC 5322 §3.3), in UTC.
pub fn date(now: Timestamp) -> String {
    let zoned = now.to_zoned(TimeZone::UTC);
    rfc2822::to_string(&zoned).unwrap_or_else(|_| now.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_in_utc() {
        let said = |now: &str| date(now.parse().unwrap());
        assert_eq!(said("2026-11-23T07:54:41+09:00"), "Sun, 22 Nov 2026 22:54:41 +0000");
        assert_eq!(said("-000001-01-01T00:00:00Z"), "-000001-01-01T00:00:00Z");
    }
}
