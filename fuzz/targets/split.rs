//! The splitter.
#![no_main]

#[path = "../reads.rs"]
#[expect(dead_code, reason = "one target each")]
mod reads;

libfuzzer_sys::fuzz_target!(|text: &str| reads::split(text));
