//! What fuzzing found and was mended (`fuzz/cases/<target>/`), read again as the targets do: without a panic, and within
//! a second and 512 MB in a release build.

#![expect(clippy::expect_used, reason = "a test may fail by panic")]

#[path = "../fuzz/reads.rs"]
mod reads;

use std::path::Path;

/// A target's name, and what it does with an input.
type Target = (&'static str, fn(&str));

#[test]
fn every_case_is_read() {
    let targets: [Target; 5] = [
        ("split", reads::split),
        ("parse", reads::parse),
        ("check", reads::check),
        ("config", reads::config),
        ("suppress", reads::suppress),
    ];
    for (name, read) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/cases").join(name);
        let mut cases = 0;
        for case in std::fs::read_dir(&folder).expect("each target has a folder") {
            let text = std::fs::read_to_string(case.expect("a case").path()).expect("a text");
            read(&text);
            cases += 1;
        }
        assert!(cases > 0, "{name}");
    }
}
