//! The server's times.

use std::time::{Duration, SystemTime};

/// An RFC 3339 time in UTC, as the server writes it: `2026-03-15T10:23:45.123Z`.
/// `None` for anything else, times before 1970 included.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Days since 1970 by counting years from March, so that the leap day is last.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day;
    let days = days - 719_469;
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(str::parse);
    let numbers = [
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    ];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2026-03-15T10:23:45Z", Some(1_773_570_225)),
            ("", None),
            ("2026-03-15", None),
            ("2026-13-15T10:23:45Z", None),
            ("2026-03-15T10:23:45.Z", None),
            ("2026-03-15T10:23:45+01:00", None),
        ] {
            let since = parse(text).map(|time| time.duration_since(SystemTime::UNIX_EPOCH));
            assert_eq!(
                since.map(|since| since.unwrap().as_secs()),
                seconds,
                "{text}"
            );
        }
        let time = parse("1970-01-01T00:00:01.5Z").unwrap();
        assert_eq!(time, SystemTime::UNIX_EPOCH + Duration::from_millis(1500));
    }
}
