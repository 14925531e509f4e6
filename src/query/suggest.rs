//! "Did you mean": the nearest of the names that were possible.

/// The nearest name, if it is near enough to be a slip: a third of its letters or fewer differ, at least one may.
pub(super) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let allowed = (wrong.chars().count() / 3).max(1);
    let mut best: Option<(usize, &'n str)> = None;
    for name in names {
        if name.len().abs_diff(wrong.len()) > allowed * 4 || !shares_an_end(wrong, name) {
            continue;
        }
        let distance = strsim::osa_distance(wrong, name);
        if distance > 0 && distance <= allowed && best.is_none_or(|(d, n)| (distance, name) < (d, n)) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}

/// Whether the first or the last letter agrees: cheap, and true of nearly every slip.
fn shares_an_end(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.first() == b.first() || a.last() == b.last()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let names = ["invoice", "invoice_line", "customer"];
        assert_eq!(nearest("invocie", names.into_iter()).as_deref(), Some("invoice"));
        assert_eq!(nearest("invoices", names.into_iter()).as_deref(), Some("invoice"));
        assert_eq!(nearest("tenant", names.into_iter()), None);
        assert_eq!(nearest("é", names.into_iter()), None);
    }
}
