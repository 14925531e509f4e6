//! Configuration files and overrides of any content.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sqlmoat::config;

static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("sqlmoat-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
});

fuzz_target!(|text: &str| {
    let file = DIRECTORY.join("sqlmoat.toml");
    std::fs::write(&file, text).expect("a file");
    let (_, errors) = config::load(&file, "sqlmoat.toml", &DIRECTORY, &[]);
    for error in errors {
        if let Some((document, span)) = error.at {
            assert!(document.text.get(span.range()).is_some(), "{:?}", error.message);
        }
    }
    let overrides: Vec<String> = text.lines().take(20).map(str::to_owned).collect();
    let _ = config::unconfigured(&DIRECTORY, &overrides);
});
